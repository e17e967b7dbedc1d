import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createSeal, dkimVerify } from "mailauth";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { authenticate, keyRecord, MESSAGE } from "../../../test/fakes/signed-mail.ts";
import type { ArcEvidence } from "./evidence.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
const PEM = String(privateKey.export({ format: "pem", type: "pkcs8" }));
const KEY = keyRecord(publicKey.export({ format: "der", type: "spki" }));

/** The message as it leaves the hops, each sealing what it got. */
async function sealed(sealers: readonly string[], message = MESSAGE): Promise<string> {
  let text = message;
  for (const [index, signingDomain] of sealers.entries()) {
    const { arc, headers } = (await dkimVerify(Buffer.from(text))) as unknown as { arc: object; headers: object };
    const seal = {
      signingDomain,
      selector: "arc",
      privateKey: PEM,
      cv: index === 0 ? "none" : "pass",
      authResults: `mx.${signingDomain}; dmarc=pass header.from=example.com`,
    };
    const { headers: set } = await createSeal(Buffer.from(text), { headers, arc, seal } as never);
    assert.equal(set.length, 3);
    text = `${set.join("\r\n")}\r\n${text}`;
  }
  return text;
}

function zoneOf(sealers: readonly string[]): FakeNames {
  return Object.fromEntries(sealers.map((sealer) => [`arc._domainkey.${sealer}`, { TXT: [KEY] }]));
}

const SEALERS = ["list.example", "relay.example", "last.example"];

async function check(message: string, expected: Partial<ArcEvidence>, names = zoneOf(SEALERS)): Promise<ArcEvidence> {
  const { arc } = await authenticate(message, { names });
  assert.deepEqual({ ...arc, ...expected }, arc);
  return arc;
}

test("a chain that another implementation sealed passes, and tells who sealed and what they saw", async () => {
  const { sets } = await check(await sealed(SEALERS), { result: "pass", problem: undefined });
  assert.deepEqual(
    sets.map(({ instance, sealer, claims }) => [instance, sealer, claims.authservId]),
    SEALERS.map((sealer, index) => [index + 1, sealer, `mx.${sealer}`]),
  );
});

test("every seal counts, and the newest message signature (RFC 8617 §5.2)", async () => {
  const message = await sealed(SEALERS);
  await check(message.replace("hungry", "angry"), { result: "fail" });
  await check(message.replace("mx.list.example; dmarc=pass", "mx.list.example; dmarc=fail"), { result: "fail" });
  for (const sealer of SEALERS) {
    const names = { ...zoneOf(SEALERS), [`arc._domainkey.${sealer}`]: {} };
    const { problem } = await check(message, { result: "fail" }, names);
    const isNewest = sealer === SEALERS.at(-1);
    assert.equal(problem?.kind, isNewest ? "message-signature" : "seal");
  }
});

test("a key that could not be asked for fails the chain, and says that it may pass at another time", async () => {
  const names = { ...zoneOf(SEALERS), "arc._domainkey.list.example": "timed-out" } as const;
  const { problem } = await check(await sealed(SEALERS), { result: "fail" }, names);
  assert.deepEqual(problem, {
    kind: "seal",
    instance: 1,
    cause: { kind: "dns", failure: "timed-out" },
    isTemporary: true,
  });
});

test("structural errors fail the chain and ask nobody (R41)", async () => {
  const message = await sealed(["list.example"]);
  const resolver = new FakeResolver(zoneOf(SEALERS));
  const [seal = ""] = message.split("ARC-Message-Signature");
  const broken = {
    "a field twice": seal + message,
    "an instance that is no number": message.replace(/i=1;/, "i=one;"),
    "an instance above fifty": message.replaceAll("i=1;", "i=51;"),
    "a gap": message.replaceAll("i=1;", "i=2;"),
    "a seal with h=": message.replace("cv=none;", "cv=none; h=from;"),
    "a tag twice": message.replace("cv=none;", "cv=none; cv=none;"),
    "no cv=": message.replace("cv=none;", ""),
    "cv=pass on the first": message.replace("cv=none;", "cv=pass;"),
    "no results": message.replace("ARC-Authentication-Results:", "X-Results:"),
  };
  for (const [name, text] of Object.entries(broken)) {
    const { arc } = await authenticate(text, { resolver });
    assert.deepEqual([arc.result, arc.problem?.kind], ["fail", "structure"], name);
  }
  assert.ok(resolver.questions.every(({ name }) => name.startsWith("_dmarc.")));
  const own = await authenticate(message.replace("cv=none;", "cv=fail;"), { resolver });
  assert.deepEqual(own.arc.problem, { kind: "chain-status", instance: 1 });
});

test("more than fifty sets are refused before any of them is read", async () => {
  const field = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=list.example; s=arc; b=AA==\r\n";
  await check(field.repeat(1000) + MESSAGE, { result: "fail", problem: { kind: "too-many-sets" } });
});
