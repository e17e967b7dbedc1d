import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { dkimVerify } from "mailauth";
import type { DeliveryJob } from "#queue/attempt.ts";
import { authenticate, NOW_SECONDS } from "../../test/fakes/signed-mail.ts";
import { outgoingAttempt } from "./outgoing-attempt.ts";
import { keyRecord, makePrivateKey } from "./signing/signing-key.ts";

const PEM = await makePrivateKey("rsa-sha256");
const ZONE = { "s._domainkey.example.com": { TXT: [keyRecord(PEM, "rsa-sha256")] } };
const KEY = {
  domain: "example.com",
  selector: "s",
  algorithm: "rsa-sha256",
  privateKey: createPrivateKey(PEM),
} as const;

const published = (name: string): Promise<string[][]> => Promise.resolve([ZONE[name as keyof typeof ZONE]?.TXT ?? []]);

const MESSAGE = [
  "Return-Path: <alice@example.com>",
  "From: alice@example.com",
  "Bcc: carol@example.net",
  "Subject: x",
  "",
  "Grüße",
  "",
].join("\r\n");

interface Sent {
  readonly text: string;
  readonly job: DeliveryJob;
}

/** The message as it is sent; `pieceOctets` is what each read asks for. */
async function sent(message: string, change: Partial<DeliveryJob> = {}, pieceOctets = 64 * 1024): Promise<Sent> {
  const stored = Buffer.from(message, "utf8");
  const job: DeliveryJob = {
    messageId: 1,
    mailFrom: "alice@example.com",
    recipients: [{ id: 7, address: "bob@example.net", notify: undefined, originalRecipient: undefined }],
    destination: "example.net",
    origin: "own",
    sizeOctets: stored.length,
    body: "8BITMIME",
    utf8: false,
    requireTls: false,
    returnContent: undefined,
    envelopeId: undefined,
    moreWaits: false,
    read: async (start, end) => stored.subarray(start, end),
    beforeFinalDot: async () => true,
    ...change,
  };
  let seen: Sent | undefined;
  const attempt = outgoingAttempt(
    async (ready) => {
      const texts: string[] = [];
      // Twice: a second host is tried where the first one failed.
      for (let round = 0; round < 2; round++) texts.push((await readAll(ready, pieceOctets)).toString("latin1"));
      assert.equal(texts[0], texts[1]);
      seen = { text: texts[0] ?? "", job: ready };
      return { results: [], host: undefined, startedAtMs: 0, endedAtMs: 0, trace: [] };
    },
    {
      keys: { of: async (domain) => (domain === "example.com" ? [KEY] : []) },
      hostname: "mx.example.com",
      clock: { now: () => NOW_SECONDS * 1000 },
    },
  );
  const report = await attempt(job, new AbortController().signal);
  if (seen === undefined) throw new Error(JSON.stringify(report));
  return seen;
}

async function readAll(job: DeliveryJob, pieceOctets: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let at = 0;
  while (at < job.sizeOctets) {
    const piece = await job.read(at, Math.min(job.sizeOctets, at + pieceOctets));
    assert.ok(piece.length > 0);
    pieces.push(piece);
    at += piece.length;
  }
  assert.equal((await job.read(at, at + pieceOctets)).length, 0);
  return Buffer.concat(pieces);
}

test("own mail leaves signed, in 7 bits, and without what is nobody's affair", async () => {
  const { text, job } = await sent(MESSAGE);
  assert.doesNotMatch(text, /return-path|bcc/i);
  assert.match(text, /Gr=C3=BC=C3=9Fe/);
  assert.equal(job.body, "7BIT");
  const { dkim, dmarc } = await authenticate(text, { names: ZONE });
  assert.deepEqual([dkim.signatures.map(({ result }) => result), dmarc.dkim[0]?.state], [["pass"], "aligned"]);
});

test("it is the same whatever pieces it is read in, small or large", async () => {
  const large = `${MESSAGE}${"word ".repeat(10)}\r\n`.padEnd(400_000, "another line of text\r\n");
  for (const message of [MESSAGE, large]) {
    const { text } = await sent(message);
    for (const pieceOctets of [1000, 7777]) assert.equal((await sent(message, {}, pieceOctets)).text, text);
    const { dkim } = await authenticate(text, { names: ZONE });
    assert.deepEqual(dkim.signatures[0]?.result, "pass");
  }
});

test("mail that only passes through is never signed in our name, whoever its author claims to be (R38)", async () => {
  const { text } = await sent(MESSAGE, { origin: "forwarded", mailFrom: "srs@example.com" });
  assert.doesNotMatch(text, /DKIM-Signature/i);
  assert.match(text, /Bcc: carol/);
});

test("mail that passes through is sealed with what we found out about it", async () => {
  const message = `Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=elsewhere.example\r\n${MESSAGE}`;
  const { text, job } = await sent(message, { origin: "forwarded", mailFrom: "srs@example.com" });
  assert.equal(job.body, "8BITMIME");
  const { arc } = await authenticate(text, { names: ZONE });
  assert.deepEqual([arc.result, arc.sets[0]?.sealer], ["pass", "example.com"]);
});

test("mail of a domain that is not ours, or of several authors, is not signed", async () => {
  for (const from of ["carol@example.net", "alice@example.com, carol@example.net"]) {
    const { text } = await sent(MESSAGE.replace("From: alice@example.com", `From: ${from}`));
    assert.doesNotMatch(text, /DKIM-Signature/i);
  }
});

test("lines that are too long are broken before the signature, which another implementation verifies (R39)", async () => {
  const references = Array.from({ length: 29 }, (_, i) => `<${String(i).padStart(24, "0")}@example.com>`).join(" ");
  assert.ok(references.length > 1103 && MESSAGE.includes("Subject: x"));
  const long = MESSAGE.replace("Subject: x", `Subject: x\r\nReferences: ${references}`).replace(
    "Grüße",
    `${"word ".repeat(1000)}\r\n${"x".repeat(5000)}`,
  );
  const { text } = await sent(long);
  for (const line of text.split("\r\n")) assert.ok(line.length <= 998, `${line.length} octets: ${line.slice(0, 40)}`);
  assert.match(text, /^References:(?: <[^>]+>|\r\n[ \t]+<[^>]+>){29}\r\n/m);
  const { results } = await dkimVerify(Buffer.from(text, "latin1"), { resolver: published });
  assert.deepEqual(
    results.map(({ signingDomain, status }) => [signingDomain, status.result]),
    [["example.com", "pass"]],
  );
});

test("a message that cannot be read waits", async () => {
  const attempt = outgoingAttempt(() => assert.fail("not to be tried"), {
    keys: { of: async () => [] },
    hostname: "mx.example.com",
    clock: { now: () => 5 },
  });
  const recipients = [{ id: 7, address: "bob@example.net", notify: undefined, originalRecipient: undefined }];
  const job = { recipients, origin: "own", sizeOctets: 5, read: () => Promise.reject(new Error("disk")) };
  const { results } = await attempt(job as unknown as DeliveryJob, new AbortController().signal);
  assert.deepEqual(
    results.map(({ recipientId, outcome, reply }) => [recipientId, outcome, reply.stage]),
    [[7, "deferred", "local"]],
  );
});
