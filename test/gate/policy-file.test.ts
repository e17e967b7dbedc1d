/** A policy file in a running server: what it does to mail, to the server, and what a reload makes of a change. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "./proxied-client.ts";
import { BOB, type RunningServer, startServer } from "./running-server.ts";

const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 200;
const FROM = "news@sender.example";
const OTHERS_OFF = '[rules]\nreverse_dns = "shadow"\nhelo = "shadow"\n';

const policy = (text: string): string => `
  import type { Answer, Check, Message, Recipient } from "postern/policy";
  export default {
    recipient({ address }: Recipient): Answer {
      if (address.includes("+loop@")) for (;;);
      if (address.includes("+no@")) return { reject: "${text}" };
    },
    message({ subject }: Message): Answer {
      if (subject === "throw") throw new RangeError("so");
      if (subject === "no") return { reject: "${text}" };
    },
  } satisfies Check;`;

const folder = mkdtempSync(join(tmpdir(), "postern-policy-"));
const file = join(folder, "policy.ts");
let server: RunningServer;
before(async () => {
  writeFileSync(file, policy("first text"));
  server = await startServer({ settings: `${OTHERS_OFF}[policy]\nfile = "${file}"\ntimeout_ms = 500\n` });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** The last reply: to RCPT where that is refused, to the message otherwise. Without its ID. */
async function send(recipient: string, subject: string): Promise<string> {
  await using client = await connectTo(server.ports.mx, { address: "198.51.100.9" });
  await client.line();
  await client.say("EHLO mx1.sender.example");
  await client.say(`MAIL FROM:<${FROM}>`);
  const answer = await client.say(`RCPT TO:<${recipient}>`);
  if (!answer.startsWith("250")) return withoutId(answer);
  await client.say("DATA");
  return withoutId(await client.say(`From: ${FROM}\r\nSubject: ${subject}\r\n\r\ntext\r\n.`));
}

function withoutId(answer: string): string {
  return answer.replace(/ \([0-9A-Z]{26}\)$/, "");
}

const FIRST = "550 5.7.1 Refused by policy: first text";
const SECOND = "550 5.7.1 Refused by policy: second text";

suite("a policy file of a running server", () => {
  test("refuses a recipient and a message in its words, and lets others pass", async () => {
    assert.equal(await send("bob+no@example.test", ""), FIRST);
    assert.equal(await send(BOB.user, "no"), FIRST);
    assert.match(await send(BOB.user, "hello"), /^250 /);
  });

  test("that throws or never ends defers one message, and the next is taken", async () => {
    assert.match(await send(BOB.user, "throw"), /^451 4\.3\.0 .*\(an error in it\)/);
    assert.match(await send("bob+loop@example.test", ""), /^451 4\.3\.0 .*\(no answer in time\)/);
    assert.match(await send(BOB.user, "hello"), /^250 /);
    const { stdout } = await server.postern(["why", FROM, "--json"]);
    assert.match(stdout, /policy\.ts:9: RangeError: so/);
    const status = await server.postern(["status"]);
    assert.match(status.stdout, /The policy file fails/);
  });

  test("grants no relaying", async () => {
    assert.match(await send("bob+no@elsewhere.example", ""), /^550 5\.7\.1 Relaying denied/);
  });

  test("that is broken by a change stays as it was, also where its thread begins anew; a sound change counts", async () => {
    writeFileSync(file, "export default { message( { ;");
    const checked = await server.postern(["check-config"]);
    assert.deepEqual([checked.code, /policy\.ts:1: error: SyntaxError/.test(checked.stdout)], [1, true]);
    server.reload();
    assert.match(await send("bob+loop@example.test", ""), /^451 /);
    assert.equal(await send(BOB.user, "no"), FIRST);
    writeFileSync(file, policy("second text"));
    server.reload();
    let said = await send(BOB.user, "no");
    for (const untilMs = performance.now() + PATIENCE_MS; said === FIRST && performance.now() < untilMs; ) {
      await sleep(LOOK_AGAIN_MS);
      said = await send(BOB.user, "no");
    }
    assert.equal(said, SECOND);
  });
});
