/** What we sign, judged by dkimpy, an implementation in another language. */
import { strict as assert } from "node:assert";
import { createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { prepareMessage } from "#delivery/preparing/prepare-message.ts";
import { measureBody, signatureFields } from "#delivery/signing/sign-message.ts";
import { signedFields } from "#delivery/signing/signed-fields.ts";
import { keyRecord, makePrivateKey, type SigningAlgorithm } from "#delivery/signing/signing-key.ts";
import { splitFields } from "#mail/header/fields.ts";
import { must } from "./process.ts";

const MESSAGES = 1000;
/** Of so many messages every field is added; each costs a verification of both signatures. */
const TAMPERED = 20;
const SEED = 20_261_125;
const NOW_MS = 1_795_000_000_000;

const text = fc
  .array(
    fc.constantFrom(
      "Hi",
      " ",
      "  ",
      "\t",
      "\r\n",
      "\r\n\r\n",
      ".",
      "Grüße",
      "€",
      "=",
      "=20",
      "--b",
      "x".repeat(1100),
      "b=",
      ";",
    ),
    { maxLength: 30 },
  )
  .map((words) => words.join(""));
const words = fc.array(fc.constantFrom("a", " ", "  ", "\r\n ", "\r\n\t", ":", "b=x;", "=?utf-8?q?=C3=A4?="), {
  maxLength: 10,
});
const field = fc.tuple(fc.constantFrom("To", "Cc", "SUBJECT", "Reply-to", "X-Odd", "References", "List-Id"), words);
const header = fc
  .array(field, { maxLength: 8 })
  .map((fields) => fields.map(([name, value]) => `${name}: x${value.join("")}y\r\n`).join(""));
const leaf = fc
  .tuple(
    fc.constantFrom("text/plain; charset=utf-8", "text/html", "application/pdf"),
    fc.constantFrom("8bit", "7bit", "base64", "quoted-printable"),
    text,
  )
  .map(([type, encoding, body]) => `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`);
const message = fc.tuple(header, fc.array(leaf, { minLength: 1, maxLength: 3 })).map(([fields, leaves]) => {
  const top = `From: Alice <alice@example.test>\r\n${fields}MIME-Version: 1.0\r\n`;
  if (leaves.length === 1) return `${top}${leaves[0]}`;
  return `${top}Content-Type: multipart/mixed; boundary=b\r\n\r\n${leaves.map((one) => `--b\r\n${one}\r\n`).join("")}--b--\r\n`;
});

interface Verified {
  readonly results: readonly (boolean | string)[];
  readonly survives: readonly string[];
}

test("dkimpy verifies both signatures of a thousand odd messages, and none survives one more signed field", async () => {
  const keys = await Promise.all(
    (["rsa-sha256", "ed25519-sha256"] satisfies SigningAlgorithm[]).map(async (algorithm) => {
      const pem = await makePrivateKey(algorithm);
      const key = { domain: "example.test", selector: algorithm, algorithm, privateKey: createPrivateKey(pem) };
      return { key, record: keyRecord(pem, algorithm) };
    }),
  );
  const messages: string[] = [];
  for (const sample of fc.sample(message, { numRuns: MESSAGES, seed: SEED })) {
    const stored = Buffer.from(sample, "utf8");
    const read = (start: number, end: number): Promise<Buffer> => Promise.resolve(stored.subarray(start, end));
    const ready = await prepareMessage({ sizeOctets: stored.length, read }, { authorship: "own", without: [] });
    const signatures = await signatureFields(
      ready.header,
      await measureBody(ready),
      keys.map(({ key }) => key),
      NOW_MS,
    );
    const pieces: Uint8Array[] = [signatures, ready.header];
    for await (const piece of ready.body()) pieces.push(piece);
    messages.push(Buffer.concat(pieces).toString("base64"));
  }
  const records = Object.fromEntries(
    keys.map(({ key, record }) => [`${key.selector}._domainkey.example.test`, record]),
  );
  const added = [...new Set(signedFields(splitFields(Buffer.from("From: x\r\n\r\n"))))];
  const input = JSON.stringify({ records, messages, added, tampered: TAMPERED });
  const script = join(import.meta.dirname, "dkim-verifier.py");
  const answers = JSON.parse(await must("/usr/bin/python3", [script], { input, patienceMs: 300_000 })) as Verified[];
  assert.equal(answers.length, MESSAGES);
  for (const [index, answer] of answers.entries()) {
    assert.deepEqual(
      answer,
      { results: [true, true], survives: [] },
      Buffer.from(messages[index] ?? "", "base64").toString(),
    );
  }
});
