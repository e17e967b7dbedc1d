import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parseSenderScope, parseSenderSubject, SenderLists } from "./sender-lists.ts";

const ABOUT = { kind: "deny", note: "", sinceMs: 0 } as const;
const SENDER = { mailFrom: "", author: "", client: "198.51.100.7" };

function lists(...entries: readonly (readonly [subject: string, scope?: string])[]): SenderLists {
  return new SenderLists(entries.map(([subject, scope = ""]) => ({ ...ABOUT, subject, scope })));
}

/** @param expected subjects in the order in which they count. */
function check(entries: SenderLists, sender: Partial<typeof SENDER>, expected: readonly string[]): void {
  assert.deepEqual(
    entries.matching({ ...SENDER, ...sender }).map(({ subject }) => subject),
    expected,
  );
}

suite("sender lists", () => {
  test("an address, its domain, and names above it; never a domain that only ends alike", () => {
    const known = lists(["@example.com"], ["@*.example.com"], ["news@a.example.com"]);
    check(known, { mailFrom: "x@example.com" }, ["@example.com"]);
    check(known, { mailFrom: "x@a.example.com" }, ["@*.example.com"]);
    check(known, { mailFrom: "News@A.Example.com" }, ["news@a.example.com", "@*.example.com"]);
    check(known, { mailFrom: "x@notexample.com" }, []);
    check(known, { mailFrom: "x@example.com.evil.example" }, []);
  });

  test("envelope and author are looked up apart, and say which they are", () => {
    const found = lists(["@far.example"]).matching({ ...SENDER, mailFrom: "a@far.example", author: "b@far.example" });
    assert.deepEqual(
      found.map(({ matched, value }) => [matched, value]),
      [
        ["mail-from", "a@far.example"],
        ["author", "b@far.example"],
      ],
    );
  });

  test("addresses and networks of clients, IPv4 and IPv6", () => {
    const known = lists(["198.51.100.0/24"], ["198.51.100.7"], ["2001:db8::/32"], ["203.0.113.0/24"]);
    check(known, {}, ["198.51.100.7", "198.51.100.0/24"]);
    check(known, { client: "198.51.101.7" }, []);
    check(known, { client: "2001:db8:1::9" }, ["2001:db8::/32"]);
    check(known, { client: "unix:/run/lmtp" }, []);
  });

  test("one account before a domain before everybody, and then the most exact", () => {
    const known = lists(["a@far.example"], ["@far.example", "@example.test"], ["@*.example", "bob@example.test"]);
    check(known, { mailFrom: "a@far.example" }, ["@*.example", "@far.example", "a@far.example"]);
  });

  test("subjects have one form; what is none is none", () => {
    for (const [text, expected] of [
      ["News@Example.COM", "news@example.com"],
      ["@Example.com", "@example.com"],
      ["@*.example.com", "@*.example.com"],
      ["@b\u00f6se.example", "@xn--bse-sna.example"],
      ["192.0.2.0/24", "192.0.2.0/24"],
      ["192.0.2.1", "192.0.2.1"],
      ["192.0.2.1/24", undefined],
      ["192.0.2.0/33", undefined],
      ["192.0.2.0/24/1", undefined],
      ["2001:DB8::/32", "2001:db8::/32"],
      ["example.com", undefined],
      ["@[192.0.2.1]", undefined],
      ["@*.", undefined],
      ["", undefined],
    ] as const) {
      assert.equal(parseSenderSubject(text), expected, text);
    }
    assert.equal(parseSenderScope("bob@example.test"), "bob@example.test");
    assert.equal(parseSenderScope("@*.example.test"), undefined);
    assert.equal(parseSenderScope("192.0.2.1"), undefined);
  });

  test("no sender throws, and what was found matches", () => {
    const known = lists(["@far.example"], ["a@far.example"], ["10.0.0.0/8"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), fc.ipV4(), (mailFrom, author, client) => {
        for (const { subject } of known.matching({ mailFrom, author, client })) {
          assert.ok(subject !== "10.0.0.0/8" || client.startsWith("10."));
        }
        assert.ok(parseSenderSubject(mailFrom) === undefined || mailFrom.length > 0);
      }),
      { numRuns: 200 },
    );
  });
});
