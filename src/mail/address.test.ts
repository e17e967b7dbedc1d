import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import {
  type AddressProblem,
  canonicalAddress,
  formatMailbox,
  formatPath,
  literalAddress,
  parseDomain,
  parseMailbox,
} from "./address.ts";

suite("mailboxes (RFC 5321 §4.1.2)", () => {
  test("local-part and domain; the domain in lower case", () => mailbox("Alice@Example.COM", "Alice", "example.com"));
  test("all atom characters", () => mailbox("a!#$%&'*+-/=?^_`{|}~.b@c.test", "a!#$%&'*+-/=?^_`{|}~.b", "c.test"));
  test("a quoted local-part is what it means", () => mailbox('"a b\\"\\\\c@d"@e.test', 'a b"\\c@d', "e.test"));
  test("quotes that were not needed are gone", () => mailbox('"alice"@e.test', "alice", "e.test"));
  test("an empty quoted local-part", () => mailbox('""@e.test', "", "e.test"));
  test("an address literal", () => mailbox("a@[192.0.2.1]", "a", "[192.0.2.1]"));
  test("an IPv6 literal, in lower case", () => mailbox("a@[ipv6:2001:DB8::1]", "a", "[IPv6:2001:db8::1]"));

  for (const [text, problem] of [
    ["a", "no-domain"],
    ['"a@b"', "no-domain"],
    ["a@", "no-domain"],
    ["", "bad-local-part"],
    ["@b.test", "bad-local-part"],
    [".a@b.test", "bad-local-part"],
    ["a.@b.test", "bad-local-part"],
    ["a..b@c.test", "bad-local-part"],
    ["a b@c.test", "bad-local-part"],
    ["a<b@c.test", "bad-local-part"],
    ["a\0@c.test", "bad-local-part"],
    ["a\r\nb@c.test", "bad-local-part"],
    ['"a@c.test', "bad-local-part"],
    ['"a"b@c.test', "bad-local-part"],
    ['a"b"@c.test', "bad-local-part"],
    ['"a\nb"@c.test', "bad-local-part"],
    ["a@b@c.test", "bad-domain"],
    ["a@b_c.test", "bad-domain"],
    ["a@-b.test", "bad-domain"],
    ["a@b-.test", "bad-domain"],
    ["a@b..test", "bad-domain"],
    ["a@.b.test", "bad-domain"],
    ["a@b.test.", "bad-domain"],
    ["a@192.0.2.1", "bad-domain"],
    ["a@b.123", "bad-domain"],
    ["a@b.test(c)", "bad-domain"],
    ["a@b.test c", "bad-domain"],
    ["a@b.test\0", "bad-domain"],
    [`${"a".repeat(65)}@b.test`, "too-long"],
    [`a@${"b".repeat(64)}.test`, "bad-domain"],
    [`a@${"b.".repeat(126)}test`, "too-long"],
    ["ä@b.test", "needs-smtputf8"],
    ["a@bücher.test", "needs-smtputf8"],
  ] as const) {
    test(`refuses ${JSON.stringify(text.length > 40 ? `${text.slice(0, 20)}…` : text)}: ${problem}`, () => {
      refuse(text, problem);
    });
  }

  test("64 octets of local-part and no more, counted in UTF-8", () => {
    mailbox(`${"a".repeat(64)}@b.test`, "a".repeat(64), "b.test");
    assert.deepEqual(parseMailbox(`${"ä".repeat(33)}@b.test`, { utf8: true }), { ok: false, problem: "too-long" });
  });

  test("with SMTPUTF8: NFC, and the domain as A-labels (RFC 6531 §3.3, RFC 5891)", () => {
    const parsed = parseMailbox("a\u0308@BÜCHER.test", { utf8: true });
    assert.deepEqual(parsed, { ok: true, value: { localPart: "ä", domain: "xn--bcher-kva.test" } });
  });

  test("a domain that IDNA does not know is no domain", () => {
    for (const text of ["a@\u{10ffff}.test", "a@b\u00ad.\u200b", "a@xn--\u00e4.test"]) {
      assert.equal(parseMailbox(text, { utf8: true }).ok, false, text);
    }
  });
});

suite("domains and literals (RFC 5321 §4.1.3)", () => {
  for (const text of [
    "[1.2.3]",
    "[1.2.3.256]",
    "[1.2.3.04]",
    "[1.2.3.4.5]",
    "[IPv6:]",
    "[IPv6:::1::]",
    "[IPv6:1:2:3:4:5:6:7]",
    "[IPv6:1:2:3:4:5:6:7:8:9]",
    "[IPv6:12345::]",
    "[IPv6:1.2.3.4]",
    "[IPv6::1]",
    "[::1]",
    "[1.2.3.4",
    "[]",
    "[tag:x]",
    "[1.2.3.4]x",
  ]) {
    test(`refuses ${text}`, () => assert.equal(parseDomain(text).ok, false));
  }
  for (const text of [
    "[0.0.0.0]",
    "[255.255.255.255]",
    "[IPv6:::]",
    "[IPv6:::ffff:192.0.2.1]",
    "[IPv6:1:2:3:4:5:6:7:8]",
    "[IPv6:1::8]",
  ]) {
    test(`takes ${text}`, () => assert.deepEqual(parseDomain(text), { ok: true, value: text }));
  }
  test("the address inside a literal", () => {
    assert.equal(addressIn("[192.0.2.1]"), "192.0.2.1");
    assert.equal(addressIn("[IPv6:2001:db8::1]"), "2001:db8::1");
    assert.equal(addressIn("example.com"), undefined);
  });
});

suite("writing addresses", () => {
  test("the null path", () => assert.equal(formatPath(null), "<>"));
  test("case and normal form make no other account", () => {
    const parsed = parseMailbox("ALICE@b.test", { utf8: false });
    assert.ok(parsed.ok);
    assert.equal(canonicalAddress(parsed.value), "alice@b.test");
  });
  test("parse after format is the identity", () => {
    const part = fc.string({
      unit: fc.constantFrom("a", "b", ".", "@", "%", "!", " ", '"', "\\", "ä", "<", ">"),
      minLength: 0,
      maxLength: 10,
    });
    fc.assert(
      fc.property(part, (localPart) => {
        const domain = parseDomain("b.test");
        assert.ok(domain.ok);
        const value = { localPart: localPart.normalize("NFC"), domain: domain.value };
        assert.deepEqual(parseMailbox(formatMailbox(value), { utf8: true }), { ok: true, value });
      }),
      { numRuns: 300 },
    );
  });
  test("no text throws, and what is accepted can be written and read again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.boolean(), (text, utf8) => {
        const parsed = parseMailbox(text, { utf8 });
        if (parsed.ok) assert.deepEqual(parseMailbox(formatMailbox(parsed.value), { utf8 }), parsed);
      }),
      { numRuns: 300 },
    );
  });
});

function addressIn(text: string): string | undefined {
  const parsed = parseDomain(text);
  return parsed.ok ? literalAddress(parsed.value) : "refused";
}

function mailbox(text: string, localPart: string, domain: string): void {
  assert.deepEqual(parseMailbox(text, { utf8: false }), { ok: true, value: { localPart, domain } });
}

function refuse(text: string, problem: AddressProblem): void {
  assert.deepEqual(parseMailbox(text, { utf8: false }), { ok: false, problem });
}
