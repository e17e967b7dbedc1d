import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { dkimVerify } from "mailauth";
import { splitFields } from "#mail/header/fields.ts";
import { authenticate, NOW_SECONDS } from "../../../test/fakes/signed-mail.ts";
import { measureBody, signatureFields } from "./sign-message.ts";
import { signedFields } from "./signed-fields.ts";
import { keyRecord, makePrivateKey, type SigningAlgorithm } from "./signing-key.ts";

const KEYS = await Promise.all(
  (["rsa-sha256", "ed25519-sha256"] as const).map(async (algorithm: SigningAlgorithm) => {
    const pem = await makePrivateKey(algorithm);
    const key = { domain: "example.com", selector: `k-${algorithm}`, algorithm, privateKey: createPrivateKey(pem) };
    return { key, name: `${key.selector}._domainkey.example.com`, record: keyRecord(pem, algorithm) };
  }),
);
const ZONE = Object.fromEntries(KEYS.map(({ name, record }) => [name, { TXT: [record] }]));

const HEADER = [
  "From: Alice <alice@example.com>",
  "To: bob@example.net",
  "Subject: =?utf-8?q?dinner?=  at",
  "\teight",
  "Date: Tue, 14 Nov 2023 22:13:20 +0000",
  "Message-ID: <1@example.com>",
  "List-Unsubscribe: <https://example.com/u>",
  "",
  "",
].join("\r\n");
const BODY = "Hi  Bob, \t\r\n\r\n are you hungry?\r\n\r\n";

async function* cut(body: string, at: number): AsyncIterable<Uint8Array> {
  yield Buffer.from(body.slice(0, at), "latin1");
  yield Buffer.from(body.slice(at), "latin1");
}

async function signed(header: string, body: string, cutAt = 0): Promise<string> {
  const message = { header: Buffer.from(header, "latin1"), body: () => cut(body, cutAt) };
  const keys = KEYS.map(({ key }) => key);
  const fields = await signatureFields(message.header, await measureBody(message), keys, NOW_SECONDS * 1000);
  return fields.toString("latin1") + header + body;
}

const published = (name: string): Promise<string[][]> => Promise.resolve([[ZONE[name]?.TXT[0] ?? ""]]);

/** The results of both signatures, as our own verifier sees them. */
async function check(message: string, expected: readonly string[]): Promise<void> {
  const { dkim } = await authenticate(message, { names: ZONE });
  assert.deepEqual(
    dkim.signatures.map(({ result }) => result),
    expected,
  );
}

test("both signatures verify, RSA (RFC 6376) and Ed25519 (RFC 8463)", async () => {
  await check(await signed(HEADER, BODY), ["pass", "pass"]);
});

test("another implementation verifies both (R36)", async () => {
  const message = Buffer.from(await signed(HEADER, BODY), "latin1");

  const { results } = await dkimVerify(message, { resolver: published });
  assert.deepEqual(
    results.map(({ algo, status, signingDomain }) => [algo, status.result, signingDomain]),
    [
      ["rsa-sha256", "pass", "example.com"],
      ["ed25519-sha256", "pass", "example.com"],
    ],
  );
});

test("RFC 6376 §8.15: one more field of any that are signed breaks both", async () => {
  const message = await signed(HEADER, BODY);
  const names = new Set(signedFields(splitFields(Buffer.from(HEADER, "latin1"))));
  assert.ok(names.size > 12);
  for (const name of names) {
    const end = message.indexOf("\r\n\r\n") + 2;
    await check(`${name}: x\r\n${message}`, ["fail", "fail"]);
    await check(`${message.slice(0, end)}${name}: x\r\n${message.slice(end)}`, ["fail", "fail"]);
  }
});

test("a changed field or body breaks both, other white space and a trace field do not", async () => {
  const message = await signed(HEADER, BODY);
  await check(message.replace("hungry", "angry"), ["fail", "fail"]);
  await check(message.replace("bob@example.net", "eve@example.net"), ["fail", "fail"]);
  await check(`Received: from x\r\n${message.replace("Hi  Bob, \t", "Hi Bob,").replace("\r\n\teight", " eight")}`, [
    "pass",
    "pass",
  ]);
});

test("no line of the fields is longer than 78 characters", async () => {
  const [fields = ""] = (await signed(HEADER, BODY)).split("From: ");
  for (const line of fields.split("\r\n")) assert.ok(line.length <= 78, line);
});

test("any message verifies, however the store cuts it", async () => {
  const line = fc.constantFrom("", " ", "a b\t", "\t", "x", "Grüße", "=3D", ".", "--b");
  const lines = fc.array(line, { maxLength: 12 }).map((list) => list.join("\r\n"));
  const subject = fc.array(fc.constantFrom("a", "  ", "\r\n ", "ü", ":", "b="), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lines, subject, fc.nat(40), async (body, words, at) => {
      const header = HEADER.replace("Subject:", `Subject: x${words.join("")}y`);
      await check(await signed(header, body, at), ["pass", "pass"]);
    }),
    { numRuns: 100 },
  );
});

test("without keys there is nothing to add", async () => {
  const message = { header: Buffer.from(HEADER), body: () => cut(BODY, 0) };
  assert.equal((await signatureFields(message.header, await measureBody(message), [], 0)).length, 0);
});
