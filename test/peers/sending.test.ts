/** Mail from one Postern to another, in a small internet of its own: what the other side finds out about it. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { before, test } from "node:test";
import { must } from "./process.ts";

interface Said {
  readonly far: readonly string[];
  readonly near: readonly string[];
  readonly queue: { readonly value: { readonly counts: { readonly messages: number } } };
}

let said: Said;
before(async () => {
  const world = join(import.meta.dirname, "sending/world.ts");
  const words = ["--net", process.execPath, "--conditions=postern-source", world];
  said = JSON.parse(await must("unshare", words, { patienceMs: 300_000 })) as Said;
});

/** Unfolded. */
function messageAbout(messages: readonly string[], subject: string): string {
  const found = messages.filter((message) => message.includes(`Subject: ${subject}`));
  assert.equal(found.length, 1);
  return (found[0] ?? "").replace(/\r\n[ \t]+/g, " ");
}

test("what a user sends arrives signed twice, aligned, in TLS, and without hidden recipients", () => {
  const message = messageAbout(said.far, "sent");
  assert.match(message, /^X-Test-Folder: INBOX/);
  const [, results = ""] = /\r\nAuthentication-Results: mx\.far\.example;(.*)\r\n/.exec(message) ?? [];
  assert.match(results, /spf=pass smtp\.mailfrom=near\.example/);
  assert.equal(results.match(/dkim=pass header\.d=near\.example/g)?.length, 2);
  assert.match(results, /dmarc=pass/);
  assert.match(message, /\r\nReceived: from mx\.near\.example .* with ESMTPS \(TLSv1\.3/);
  assert.doesNotMatch(message, /\r\nBcc:/i);
});

test("what an alias passes on has our reverse-path and a seal, and no signature of ours", () => {
  const message = messageAbout(said.far, "passed on");
  assert.match(message, /\r\nReturn-Path: <srs0=\w{10}=\w{2}=third\.example=bob@near\.example>/);
  assert.match(
    message,
    /\r\nAuthentication-Results: mx\.far\.example; spf=pass smtp\.mailfrom=near\.example;.* arc=pass \(i=1\)/,
  );
  assert.match(
    message,
    /\r\nARC-Authentication-Results: i=1; mx\.near\.example; spf=pass smtp\.mailfrom=third\.example/,
  );
  assert.doesNotMatch(message, /\r\nDKIM-Signature:/);
});

test("what the other side refuses comes back with its words, and nothing is left in the queue", () => {
  const message = messageAbout(said.near, "Your message was not delivered: nobody@far.example");
  assert.match(message, /\r\nReturn-Path: <>/);
  assert.match(message, /\r\nDiagnostic-Code: smtp; 550 5\.1\.1 No such user at far\.example/);
  assert.match(message, /\r\nRemote-MTA: dns; mx\.far\.example/);
  assert.equal(said.queue.value.counts.messages, 0);
});
