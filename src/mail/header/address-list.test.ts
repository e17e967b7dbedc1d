import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parseAddressList } from "./address-list.ts";
import { ADDRESSES_MAX } from "./limits.ts";

suite("address list", () => {
  test("reads addresses with and without a name", () =>
    check('From Real <user@example.org>, plain@example.org, <angle@example.org>, "Giant; \\"Big\\" Box" <box@x.test>', [
      "From Real <user@example.org>",
      "<plain@example.org>",
      "<angle@example.org>",
      'Giant; "Big" Box <box@x.test>',
    ]));

  test("takes the name from a comment where there is no phrase", () => {
    check("user@example.org (Real Name)", ["Real Name <user@example.org>"]);
    check("<user@example.org> (Real (nested) Name)", ["Real (nested) Name <user@example.org>"]);
    check("Phrase <user@example.org> (Comment)", ["Phrase <user@example.org>"]);
  });

  test("ignores comments inside the address (RFC 5322 §4.4)", () =>
    check("<user-from (comment)@ (comment) domain.org>", ["<user-from@domain.org>"]));

  test("marks the start and end of groups (RFC 3501 §7.4.2)", () => {
    check("group: g1@d1.org, g2@d2.org;, group2: g3@d3.org;", [
      "group:",
      "<g1@d1.org>",
      "<g2@d2.org>",
      ";",
      "group2:",
      "<g3@d3.org>",
      ";",
    ]);
    check("group:;, group2: (foo) ;", ["group:", ";", "group2:", ";"]);
    check("undisclosed-recipients:;", ["undisclosed-recipients:", ";"]);
    check("A Group: Ed <c@a.test>, x@y.test", ["A Group:", "Ed <c@a.test>", "<x@y.test>", ";"]);
  });

  test("keeps a source route apart (RFC 5322 §4.4)", () => {
    check("<@route:user@domain>", ["@route <user@domain>"]);
    check("Name <@a.test, @b.test : user@domain>", ["Name @a.test,@b.test <user@domain>"]);
  });

  test("takes quotes off the local-part (RFC 3501 §7.4.2)", () =>
    check('"a \\"b\\" c"@example.org, <"x,y"@example.org>', ['<a "b" c@example.org>', "<x,y@example.org>"]));

  test("closes up blanks around dots and at signs (RFC 5322 §4.4)", () =>
    check("john . q . public @ example . com", ["<john.q.public@example.com>"]));

  test("allows dots and encoded words with commas in a name", () => {
    check("John Q. Public <j@x.test>", ["John Q. Public <j@x.test>"]);
    check("=?utf-8?Q?M=C3=BCller,_J?= <j@x.test>", ["=?utf-8?Q?M=C3=BCller,_J?= <j@x.test>"]);
  });

  test("reads address literals", () => check("user@[IPv6:2001:db8::1]", ["<user@[IPv6:2001:db8::1]>"]));

  test("makes the best of what is broken, and never takes it for a group", () => {
    check("d", ["<d@>"]);
    check("<>", ["<@>"]);
    check("Mail Delivery System <>", ["Mail Delivery System <@>"]);
    check("John Doe j@x.test", ["John Doe <j@x.test>"]);
    check("a@x.test; b@x.test;", ["<a@x.test>", "<b@x.test>"]);
    check('"never closed <a@x.test>', ["never closed <a@x.test>"]);
    check("Jane <jane@x.test, john@x.test", ["Jane <jane@x.test>", "<john@x.test>"]);
    check("<<a@x.test>>, b@x.test", ["<a@x.test>", "<b@x.test>"]);
    check("<a@x.test> Doe", ["Doe <a@x.test>"]);
    check("<http://x.test/list>", ["<http://x.test/list@>"]);
    check("a@b@c.test", ["<a@b@c.test>"]);
  });

  test("is empty where nothing is said", () => {
    for (const text of ["", "  ", ",,", "(only a comment)", ";", ":"]) check(text, []);
  });

  test("stops at its bound and still closes an open group", () => {
    const addresses = parseAddressList(`g: ${"a@b,".repeat(ADDRESSES_MAX * 2)}`);
    assert.equal(addresses.length, ADDRESSES_MAX + 1);
    assert.equal(addresses.at(-1)?.mailbox, null);
  });

  test("gives some answer to any text", () => {
    const fragments = fc.constantFrom(
      "a",
      "@",
      ".",
      "<",
      ">",
      "(",
      ")",
      '"',
      "\\",
      ",",
      ";",
      ":",
      " ",
      "[",
      "]",
      "=?",
      "é",
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), (parts) => {
        let inGroup = false;
        for (const { mailbox, host } of parseAddressList(parts.join(""))) {
          // Group marks come in pairs, and everything else has a mailbox and a host.
          if (host === null) {
            assert.equal(mailbox === null, inGroup);
            inGroup = !inGroup;
          } else assert.notEqual(mailbox, null);
        }
        assert.equal(inGroup, false);
      }),
      { numRuns: 300 },
    );
  });
});

/** Shows each address as `Name route <mailbox@host>`, a group as `name:` … `;`. */
function check(text: string, expected: readonly string[]): void {
  const shown = parseAddressList(text).map(({ name, route, mailbox, host }) => {
    if (host === null) return mailbox === null ? ";" : `${mailbox}:`;
    return [name, route, `<${mailbox}@${host}>`].filter((part) => part !== null).join(" ");
  });
  assert.deepEqual(shown, expected);
}
