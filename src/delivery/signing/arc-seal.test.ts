import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { authenticate as oracle } from "mailauth";
import { authenticationResultsField } from "#evidence/authentication-results/render.ts";
import { authenticate, MESSAGE, NOW_SECONDS, RSA_RECORD, signed } from "../../../test/fakes/signed-mail.ts";
import { sealFields } from "./arc-seal.ts";
import { measureBody } from "./sign-message.ts";
import { keyRecord, makePrivateKey } from "./signing-key.ts";

const PEM = await makePrivateKey("rsa-sha256");
const DOMAINS = ["one.example", "two.example", "three.example"];
const ZONE: Readonly<Record<string, { readonly TXT: readonly string[] }>> = {
  "s1._domainkey.example.com": { TXT: [RSA_RECORD] },
  ...Object.fromEntries(DOMAINS.map((name) => [`s._domainkey.${name}`, { TXT: [keyRecord(PEM, "rsa-sha256")] }])),
};

/** What `domain` makes of the message when it passes it on: its results and its seal in front. */
async function passedOn(message: string, domain: string): Promise<string> {
  const authservId = `mx.${domain}`;
  const found = await authenticate(message, { names: ZONE });
  const text = authenticationResultsField(authservId, found) + message;
  const fields = await seal(text, domain, authservId);
  return `${fields ?? ""}${text}`;
}

async function seal(message: string, domain: string, authservId: string): Promise<string | undefined> {
  const end = message.indexOf("\r\n\r\n") + 4;
  async function* body(): AsyncIterable<Uint8Array> {
    yield Buffer.from(message.slice(end), "latin1");
  }
  const toSign = { header: Buffer.from(message.slice(0, end), "latin1"), body };
  const key = { domain, selector: "s", algorithm: "rsa-sha256", privateKey: createPrivateKey(PEM) } as const;
  const fields = await sealFields(toSign.header, await measureBody(toSign), {
    key,
    authservId,
    nowMs: NOW_SECONDS * 1000,
  });
  return fields?.toString("latin1");
}

/** As the other implementation asks. */
function published(name: string, type: string): Promise<readonly string[][]> {
  const [text] = type === "TXT" ? (ZONE[name]?.TXT ?? []) : [];
  if (text !== undefined) return Promise.resolve([[text]]);
  return Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" }));
}

async function check(message: string, result: "pass" | "fail" | "none", sealers: readonly string[]): Promise<void> {
  const { arc } = await authenticate(message, { names: ZONE });
  assert.equal(arc.result, result, JSON.stringify(arc.problem));
  assert.deepEqual(
    arc.sets.map(({ sealer }) => sealer),
    sealers,
  );
}

test("a chain of one, two and three seals passes (RFC 8617 §5.1)", async () => {
  let message = await signed(MESSAGE);
  for (const [index, domain] of DOMAINS.entries()) {
    message = await passedOn(message, domain);
    await check(message, "pass", DOMAINS.slice(0, index + 1));
  }
});

test("another implementation believes the chain, and what it says we found (R38)", async () => {
  const message = await passedOn(await passedOn(await signed(MESSAGE), "one.example"), "two.example");
  const { arc } = await oracle(Buffer.from(message, "latin1"), {
    ip: "192.0.2.1",
    helo: "x",
    mta: "y",
    resolver: published,
  } as never);
  assert.equal(arc === false ? undefined : arc.status.result, "pass");
});

test("a message changed after the seal no longer passes", async () => {
  const message = await passedOn(await signed(MESSAGE), "one.example");
  const { arc } = await authenticate(message.replace("hungry", "angry"), { names: ZONE });
  assert.equal(arc.result, "fail");
});

test("a chain that is broken is not made longer (RFC 8617 §5.1.2)", async () => {
  const message = (await passedOn(await signed(MESSAGE), "one.example")).replace("hungry", "angry");
  const again = await passedOn(message, "two.example");
  assert.equal(again.match(/^ARC-Seal:/gm)?.length, 1);
});

test("what others got into a comment of our results is not the state of the chain", async () => {
  const broken = (await passedOn(await signed(MESSAGE), "one.example")).replace("hungry", "angry");
  const field = "Authentication-Results: mx.two.example; spf=permerror (x; arc=pass); arc=fail\r\n";
  assert.equal(await seal(field + broken, "two.example", "mx.two.example"), undefined);
});

test("without results of ours there is nothing to seal", async () => {
  const message = `Authentication-Results: mx.other.example; arc=none\r\n${await signed(MESSAGE)}`;
  assert.equal(await seal(message, "one.example", "mx.one.example"), undefined);
});
