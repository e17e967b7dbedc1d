import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseDomain, parseMailbox } from "#mail/address.ts";
import { isReturnLocalPart, readReturnAddress, returnLocalPart } from "./return-address.ts";

const KEY = Buffer.alloc(32, 7);
const NOW_MS = 1_795_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

function mailbox(text: string) {
  const parsed = parseMailbox(text, { utf8: true });
  assert.ok(parsed.ok);
  return parsed.value;
}

function made(sender: string, domain = "example.test"): string {
  const localPart = returnLocalPart(mailbox(sender), domain, KEY, NOW_MS);
  assert.ok(localPart !== undefined);
  return `${localPart}@${domain}`;
}

function check(address: string, expected: string | undefined, nowMs = NOW_MS, key: Uint8Array = KEY): void {
  assert.equal(readReturnAddress(mailbox(address), key, nowMs), expected);
}

test("an address holds the sender, and gives it back for two weeks", () => {
  const address = made("bob@sender.example");
  assert.match(address, /^srs0=[a-z2-7]{10}=[a-z2-7]{2}=sender\.example=bob@example\.test$/);
  assert.ok(isReturnLocalPart(address));
  check(address, "bob@sender.example");
  check(address, "bob@sender.example", NOW_MS + 14 * DAY_MS);
  check(address, undefined, NOW_MS + 15 * DAY_MS);
});

test("days are counted round, and tomorrow's is not yet valid", () => {
  check(made("bob@sender.example"), undefined, NOW_MS - DAY_MS);
  const last = Math.ceil(NOW_MS / DAY_MS / 1024) * 1024 * DAY_MS - 1;
  const localPart = returnLocalPart(mailbox("bob@sender.example"), "example.test", KEY, last);
  check(`${localPart ?? ""}@example.test`, "bob@sender.example", last + DAY_MS);
});

test("one that was made elsewhere, for another domain, day or sender, is nobody's", () => {
  const address = made("bob@sender.example");
  check(address, undefined, NOW_MS, Buffer.alloc(32, 8));
  check(address.replace("@example.test", "@other.test"), undefined);
  check(address.replace("=bob@", "=eve@"), undefined);
  check(address.replace("sender.example", "victim.example"), undefined);
  check(address.replace(/=([a-z2-7]{2})=sender/, "=aa=sender"), undefined);
});

test("case is lost on the way without harm", () => {
  const address = made("bob@sender.example").replace(/^.*@/, (text) => text.toUpperCase());
  assert.equal(readReturnAddress(mailbox(address), KEY, NOW_MS)?.toLowerCase(), "bob@sender.example");
});

test("RFC 5321 §4.5.3.1.1: a sender that does not fit is not held", () => {
  assert.equal(returnLocalPart(mailbox(`${"x".repeat(40)}@sender.example`), "example.test", KEY, NOW_MS), undefined);
  assert.equal(returnLocalPart(mailbox('"a b"@sender.example'), "example.test", KEY, NOW_MS), undefined);
});

test("a sender that was passed on before is held whole", () => {
  const local = returnLocalPart(mailbox("a=b@c.example"), "example.test", KEY, NOW_MS);
  check(`${local ?? ""}@example.test`, "a=b@c.example");
});

test("whatever is said, nothing is taken for ours that is not", () => {
  assert.ok(parseDomain("example.test").ok);
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9=]{1,40}$/), (text) => {
      check(`srs0=${text}@example.test`, undefined);
    }),
    { numRuns: 200 },
  );
});
