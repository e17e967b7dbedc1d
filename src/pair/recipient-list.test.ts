import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parseMailbox } from "#mail/address.ts";
import { type ListedState, makeRecipientList, RecipientList } from "./recipient-list.ts";

const KEY = new Uint8Array(32).fill(3);
const DOMAINS = [
  { name: "example.test", separator: "+", others: "unknown" },
  { name: "catch.test", separator: "", others: "exists" },
] as const;
const ADDRESSES: readonly (readonly [string, ListedState])[] = [
  ["alice@example.test", "exists"],
  ["gone@example.test", "disabled"],
  ["gone@catch.test", "disabled"],
];

function listed(octets: Uint8Array): RecipientList {
  const list = RecipientList.read(octets);
  assert.ok(list !== undefined);
  return list;
}

function check(address: string, expected: ListedState | undefined): void {
  const mailbox = parseMailbox(address, { utf8: true });
  assert.ok(mailbox.ok);
  assert.equal(listed(makeRecipientList(KEY, DOMAINS, new Map(ADDRESSES))).find(mailbox.value), expected);
}

suite("a recipient list", () => {
  test("answers as the directory it was made of (R62)", () => {
    check("alice@example.test", "exists");
    check("Alice@Example.TEST", "exists");
    check("alice+shop@example.test", "exists");
    check("gone+shop@example.test", "disabled");
    check("nobody@example.test", "unknown");
    check("nobody+alice@example.test", "unknown");
    check("+alice@example.test", "unknown");
  });

  test("knows of a catch-all, and of domains without plus-addresses", () => {
    check("nobody@catch.test", "exists");
    check("gone@catch.test", "disabled");
    check("gone+x@catch.test", "exists");
  });

  test("says nothing of other domains, their subdomains included", () => {
    check("alice@sub.example.test", undefined);
    check("alice@elsewhere.test", undefined);
  });

  test("holds no address in clear, and is the same whatever the order", () => {
    const octets = makeRecipientList(KEY, DOMAINS, new Map(ADDRESSES));
    assert.equal(Buffer.from(octets).includes("alice"), false);
    assert.deepEqual(makeRecipientList(KEY, DOMAINS, new Map(ADDRESSES.toReversed())), octets);
  });

  test("finds every address that is on it, and no other", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 }), (numbers) => {
        const addresses = new Map(numbers.map((number) => [`u${number}@example.test`, "exists"] as const));
        const list = listed(makeRecipientList(KEY, DOMAINS, addresses));
        assert.equal(list.addresses, numbers.length);
        for (let number = 0; number < 5000; number += 97) {
          const mailbox = parseMailbox(`u${number}@example.test`, { utf8: true });
          assert.ok(mailbox.ok);
          assert.equal(list.find(mailbox.value), numbers.includes(number) ? "exists" : "unknown");
        }
      }),
      { numRuns: 50 },
    );
  });

  test("what is none is not read, and throws nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        RecipientList.read(octets);
      }),
      { numRuns: 200 },
    );
    assert.equal(RecipientList.read(new TextEncoder().encode('{"key":"","domains":[]}\nshort')), undefined);
  });
});
