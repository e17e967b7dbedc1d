import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { splitFields } from "#mail/header/fields.ts";
import { readAuthor } from "./author.ts";
import type { AuthorEvidence } from "./evidence.ts";

function check(header: string, expected: AuthorEvidence): void {
  const octets = Buffer.from(header.replaceAll("\n", "\r\n"));
  assert.deepEqual(readAuthor(octets, splitFields(octets)), expected, header);
}

const ALICE = { kind: "one", address: "alice@example.com", domain: "example.com" } as const;

test("one address, however it is dressed", () => {
  for (const value of [
    "alice@example.com",
    "<alice@example.com>",
    "Alice <alice@example.com>",
    '"Alice, of (Sales" <alice@example.com>',
    "=?utf-8?q?=22b=40evil=2Eexample=22?= <alice@example.com>",
    "alice@example.com (ceo@bank.example)",
    "Alice\n <alice@example.com>",
    "ceo@bank.example <alice@example.com>",
    '"<ceo@bank.example>" <alice@EXAMPLE.com>',
    "alice@example.com,",
    "Alice <alice@example.com>, ,",
  ]) {
    check(`From: ${value}\n`, ALICE);
  }
  check("From : alice@example.com\n", ALICE);
  check("From: a@bücher.example\n", {
    kind: "one",
    address: "a@xn--bcher-kva.example",
    domain: "xn--bcher-kva.example",
  });
  check('From: "a b"@example.com\n', { kind: "one", address: "a b@example.com", domain: "example.com" });
});

test("none, several, or one that two readers would read differently", () => {
  check("To: alice@example.com\n", { kind: "none" });
  check("From:\n", { kind: "none" });
  check("From: <>\n", { kind: "malformed" });
  check("From: undisclosed:;\n", { kind: "none" });
  check("From: alice@example.com\nFROM: bob@example.com\n", { kind: "several-fields" });
  check("From: alice@example.com\nFrom : alice@example.com\n", { kind: "several-fields" });
  check("From: alice@example.com, bob@example.com\n", { kind: "several-addresses" });
  check("From: friends: alice@example.com, bob@example.com;\n", { kind: "several-addresses" });
  for (const value of [
    "alice",
    "alice@",
    "friends:alice@example.com;",
    "friends: Alice <alice@example.com>;",
    "friends:;, alice@example.com",
    "@example.com",
    "alice@example.com@bank.example",
    "<alice@example.com> <ceo@bank.example>",
    "<alice@example.com>, <",
    "Alice <alice@example.com",
    "<@relay.example:alice@example.com>",
    '"ceo@bank.example <alice@example.com>',
    "(ceo <alice@example.com>",
    "alice@192.0.2.1",
    "alice@[192.0.2.1]",
    "alice@ex ample.com",
    "alice@example.com ceo@bank.example",
    "Alice <alice@example.com> ceo@bank.example",
    "Alice <alice@example.com>>",
    "alice@example.com\0.bank.example@x",
  ]) {
    const octets = Buffer.from(`From: ${value}\r\n`);
    assert.notEqual(readAuthor(octets, splitFields(octets)).kind, "one", value);
  }
});
