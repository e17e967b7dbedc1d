import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import {
  authenticate,
  ED25519_RECORD,
  keyRecord,
  MESSAGE,
  NOW_SECONDS,
  RSA_RECORD,
  SIGNED_ZONE,
  signed,
} from "../../../test/fakes/signed-mail.ts";
import type { DkimResult, SignatureEvidence, SignatureProblem } from "./evidence.ts";

const KEY = "s1._domainkey.example.com";

type Expected = readonly [DkimResult, SignatureProblem?];

function problem(kind: "no-key" | "key-revoked" | "key-syntax" | "key-type" | "key-hash" | "key-service"): Expected {
  return ["permerror", { kind }];
}

function malformed(tag: string): Expected {
  return ["neutral", { kind: "signature-syntax", tag }];
}

/** A DER INTEGER of 256 or 257 octets. */
function number(octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x02, 0x82, 0x01, octets.length - 256]), octets]);
}

async function check(message: string, expected: Expected, names: FakeNames = SIGNED_ZONE): Promise<SignatureEvidence> {
  const { dkim } = await authenticate(message, { names });
  const [signature] = dkim.signatures;
  assert.ok(signature);
  assert.deepEqual([signature.result, signature.problem], [expected[0], expected[1]]);
  return signature;
}

async function checkKey(record: string | readonly string[], expected: Expected) {
  return await check(await signed(MESSAGE), expected, { [KEY]: { TXT: [record].flat() } });
}

test("every canonicalization and algorithm that another signer uses is verified", async () => {
  for (const canonicalization of ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]) {
    for (const algorithm of ["rsa-sha256", "ed25519-sha256"] as const) {
      const names = { [KEY]: { TXT: [algorithm === "rsa-sha256" ? RSA_RECORD : ED25519_RECORD] } };
      const signature = await check(await signed(MESSAGE, { canonicalization, algorithm }), ["pass"], names);
      assert.equal(signature.canonicalization, canonicalization);
      assert.equal(signature.identity, "@example.com");
      assert.equal(signature.signedAtSeconds, NOW_SECONDS);
      assert.equal(signature.unsignedBodyOctets, 0);
    }
  }
});

test("what relaxed forms forgive passes, what they do not fails", async () => {
  const relaxed = await signed(MESSAGE);
  await check(relaxed.replace("\r\nSubject: ", "\r\nSUBJECT:\t ").replace("Hi  Bob, \t", "Hi Bob,"), ["pass"]);
  await check(`${relaxed}\r\n\r\n`, ["pass"]);
  await check(relaxed.replace("hungry", "angry"), ["fail", { kind: "body-hash" }]);
  await check(relaxed.replace("dinner", "supper"), ["fail", { kind: "bad-signature" }]);
  await check(relaxed.replace("From: Alice", "From: Malice"), ["fail", { kind: "bad-signature" }]);
  const simple = await signed(MESSAGE, { canonicalization: "simple/simple" });
  await check(simple.replace("\r\nSubject: ", "\r\nSubject:  "), ["fail", { kind: "bad-signature" }]);
});

test("a body beyond l= is told and aligns with nothing (R35)", async () => {
  const message = await signed(MESSAGE, { bodyOctetsMax: 10 });
  const signature = await check(`${message}Buy!\r\n`, ["pass"]);
  assert.equal(signature.unsignedBodyOctets, (signature.bodyOctets ?? 0) - 10);
  const { dmarc } = await authenticate(message, {
    names: { ...SIGNED_ZONE, "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] } },
  });
  assert.equal(dmarc.dkim[0]?.state, "partly-signed");
  assert.deepEqual([dmarc.result, dmarc.policy], ["fail", "reject"]);
  await check(message.replace(/l=\d+/, "l=100000"), ["fail", { kind: "body-hash" }]);
});

test("missing, revoked and malformed keys make a signature worthless, never a reason to refuse (R37, R42)", async () => {
  await check(await signed(MESSAGE), problem("no-key"), {});
  await check(await signed(MESSAGE), problem("no-key"), { [KEY]: {} });
  await checkKey("v=spf1 -all", problem("key-syntax"));
  await checkKey("v=DKIM1; p=", problem("key-revoked"));
  await checkKey("v=DKIM1; p=!!!", problem("key-syntax"));
  await checkKey("v=DKIM1; p=AAAA", problem("key-syntax"));
  await checkKey("k=rsa; v=DKIM1; p=AAAA", problem("key-syntax"));
  await checkKey(`${RSA_RECORD}; p=AAAA`, problem("key-syntax"));
  await checkKey(`${RSA_RECORD}; h=sha1`, problem("key-hash"));
  await checkKey(`${RSA_RECORD}; s=tlsrpt`, problem("key-service"));
  await checkKey(RSA_RECORD.replace("k=rsa", "k=dsa"), problem("key-type"));
  await checkKey(ED25519_RECORD, problem("key-type"));
});

test("what keys may say without harm", async () => {
  for (const more of ["; h=sha1:sha256", "; s=email", "; s=*", "; n=a note", "; t=s", ";", "; unknown=1"]) {
    await checkKey(RSA_RECORD + more, ["pass"]);
  }
  await checkKey(RSA_RECORD.replace("v=DKIM1; ", ""), ["pass"]);
  const signature = await checkKey(`${RSA_RECORD}; t=y`, ["pass"]);
  assert.deepEqual(signature.key, {
    name: KEY,
    records: 1,
    type: "rsa",
    bits: 2048,
    isShort: false,
    isTesting: true,
  });
});

test("t=s asks for i= in the very domain", async () => {
  const message = await signed(MESSAGE, { domain: "example.com" });
  const below = message.replace(" d=example.com;", " d=example.com; i=@mail.example.com;");
  await check(below, ["neutral", { kind: "identity-mismatch" }], { [KEY]: { TXT: [`${RSA_RECORD}; t=s`] } });
  const foreign = message.replace(" d=example.com;", " d=example.com; i=@example.org;");
  await check(foreign, ["neutral", { kind: "identity-mismatch" }]);
});

test("an error of the DNS is temporary and no missing key", async () => {
  for (const failure of ["timed-out", "server-failure", "refused", "too-many-aliases", "overloaded"] as const) {
    await check(await signed(MESSAGE), ["temperror", { kind: "dns", failure }], { [KEY]: failure });
  }
});

test("several key records are told, and each is tried (R42)", async () => {
  const other = keyRecord(
    generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "der", type: "spki" }),
  );
  const signature = await checkKey([other, RSA_RECORD, "unrelated"], ["pass"]);
  assert.equal(signature.key?.records, 2);
  assert.equal(signature.key.bits, 2048);
});

test("keys too weak and keys too large to be honest do not count", async () => {
  for (const [modulusLength, result, kind] of [
    [512, "policy", "weak-key"],
    [4104, "policy", "oversized-key"],
  ] as const) {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
    const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    const names = { [KEY]: { TXT: [keyRecord(publicKey.export({ format: "der", type: "spki" }))] } };
    await check(await signed(MESSAGE, { privateKey: pem }), [result, { kind, bits: modulusLength }], names);
  }
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const names = { [KEY]: { TXT: [keyRecord(publicKey.export({ format: "der", type: "spki" }))] } };
  const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
  const signature = await check(await signed(MESSAGE, { privateKey: pem }), ["pass"], names);
  assert.deepEqual([signature.key?.bits, signature.key?.isShort], [1024, true]);
});

test("an exponent as long as the modulus would cost a hundred times as much: it does not count", async () => {
  // SEQUENCE { INTEGER modulus of 2048 bits, INTEGER exponent of 2047 bits }
  const modulus = number(Buffer.concat([Buffer.from([0, 0xc1]), Buffer.alloc(254, 0x5b), Buffer.from([0x5b])]));
  const exponent = number(Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(255, 0x55)]));
  const body = Buffer.concat([modulus, exponent]);
  const der = Buffer.concat([Buffer.from([0x30, 0x82, body.length >> 8, body.length & 0xff]), body]);
  await checkKey(`v=DKIM1; p=${der.toString("base64")}`, ["policy", { kind: "oversized-key", bits: 2048 }]);
});

test("what is wrong with a signature itself (RFC 6376 §6.1.1)", async () => {
  const message = await signed(MESSAGE, { expiresAtSeconds: NOW_SECONDS + 1000 });
  const changed = async (from: string | RegExp, to: string, expected: Expected) => {
    assert.notEqual(message.replace(from, to), message);
    await check(message.replace(from, to), expected);
  };
  await changed("v=1;", "v=2;", ["neutral", { kind: "unknown-version" }]);
  await changed("v=1;", "", ["neutral", { kind: "missing-tag", tag: "v" }]);
  await changed("v=1;", "v=1; v=1;", malformed("v"));
  await changed("v=1;", "v=1;;", malformed(""));
  await changed("a=rsa-sha256", "a=rsa-sha1", ["policy", { kind: "weak-algorithm" }]);
  await changed("a=rsa-sha256", "a=rsa-sha512", ["permerror", { kind: "unknown-algorithm" }]);
  await changed("c=relaxed", "c=lazy", ["neutral", { kind: "unknown-canonicalization" }]);
  await changed("d=example.com", "d=com", malformed("d"));
  await changed("s=s1;", "s=s 1;", malformed("s"));
  await changed(/\bt=\d+/, "t=now", malformed("t"));
  await changed(/\bx=\d+/, `x=${NOW_SECONDS}`, malformed("x"));
  await changed(/\bx=\d+/, "x=1", malformed("x"));
  await changed("h=", "h=;z=", malformed("h"));
  await changed(": From;", ";", ["neutral", { kind: "from-not-signed" }]);
  await changed("q=dns/txt", "q=http", ["neutral", { kind: "unknown-query-method" }]);
  await changed(/\bbh=/, "bh=*", malformed("bh"));
});

test("a signature past its expiry is not accepted", async () => {
  const message = await signed(MESSAGE, { expiresAtSeconds: NOW_SECONDS + 1 });
  await check(message, ["pass"]);
  const expired = message.replace(/\bt=\d+/, "t=1").replace(/\bx=\d+/, `x=${NOW_SECONDS - 1}`);
  await check(expired, ["policy", { kind: "expired" }]);
});

test("ten signatures are looked at, each key is asked for once, and the rest is counted", async () => {
  const one = await signed(MESSAGE);
  const field = one.slice(0, one.length - MESSAGE.length);
  const resolver = new FakeResolver(SIGNED_ZONE);
  const { dkim } = await authenticate(field.repeat(1000) + MESSAGE, { resolver });
  assert.equal(dkim.headerTooLarge, true);
  assert.deepEqual(resolver.asked, []);
  const fewer = await authenticate(field.repeat(100) + MESSAGE, { resolver });
  assert.deepEqual(
    fewer.dkim.signatures.map(({ result }) => result),
    Array.from({ length: 10 }, () => "pass"),
  );
  assert.equal(fewer.dkim.signaturesLeftOut, 90);
  const keys: readonly string[] = resolver.asked;
  assert.deepEqual(keys, ["TXT _dmarc.com", "TXT _dmarc.example.com", `TXT ${KEY}`]);
});

test("no header and no key record makes it throw, and what comes out is bounded", async () => {
  const words = [
    "DKIM-Signature:",
    " v=1;",
    "a=rsa-sha256;",
    "d=",
    "é.example",
    "b=",
    ";",
    "\r\n",
    " ",
    "h=from",
    "\0",
    "=",
  ];
  const message = await signed(MESSAGE);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 60 }),
      fc.oneof(fc.string(), fc.constant(RSA_RECORD)),
      async (parts, record) => {
        const names = { [KEY]: { TXT: [record] } };
        const { dkim } = await authenticate(`${parts.join("")}\r\n${message}`, { names });
        assert.ok(JSON.stringify(dkim).length < 40_000);
      },
    ),
    { numRuns: 200 },
  );
});

test("headers made to be slow are read in one pass", async () => {
  const size = 250 * 1024;
  const hostile = {
    "folds of one octet": `DKIM-Signature: v=1;${"\r\n ".repeat(size / 3)}`,
    "blanks inside a tag": `DKIM-Signature: v=1; d=a${" ".repeat(size)}b; s=x`,
    "names without end": `DKIM-Signature: v=1; a=rsa-sha256; h=${"from:".repeat(size / 5)}; d=example.com; s=s1; b=AA; bh=AA`,
    "a long foreign name": `DKIM-Signature: v=1; a=rsa-sha256; h=from; d=${"é".repeat(size / 2)}.example; s=s1; b=AA; bh=AA`,
    "tags without end": `DKIM-Signature: ${"a=;".repeat(size / 3)}`,
    "quotation marks in From": `From: ${'"\\'.repeat(size / 2)}`,
    "many fields": "X:\r\n".repeat(size / 4 - 20),
  };
  for (const [name, header] of Object.entries(hostile)) {
    const { dkim } = await authenticate(
      `${header}\r\n${name === "many fields" ? "" : "From: a@example.com\r\n"}\r\nbody\r\n`,
    );
    assert.ok(
      dkim.signatures.every(({ result }) => result !== "pass"),
      name,
    );
    assert.ok(JSON.stringify(dkim).length < 2000, name);
  }
});
