/** An account that was stolen, on a running server: a thousand messages pass, the next is a burst, and a kill in that moment changes nothing. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { SendingRow } from "#store/sending-rows.ts";
import { LoopbackSmtp } from "../fakes/loopback-smtp.ts";
import { type Client, connectTo } from "./proxied-client.ts";
import { ALICE, BOB, type RunningServer, startServer } from "./running-server.ts";

const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const BURST = 1000;
const SETTINGS = `[sending]
messages_per_hour = 0
recipients_per_hour = 0
messages_per_day = 1005
recipients_per_day = 0
burst_messages = ${BURST}
burst_recipients = 1000000
`;
const THIEF = "198.51.100.7";

async function logIn(server: RunningServer, { user, password }: typeof ALICE, address = THIEF): Promise<Client> {
  const client = await connectTo(server.ports.submission, { address, tls: true });
  await client.line();
  await client.say("EHLO thief.example");
  const credentials = Buffer.from(`\0${user}\0${password}`).toString("base64");
  assert.match(await client.say(`AUTH PLAIN ${credentials}`), /^235 /);
  return client;
}

async function send(client: Client, from: string, to: string, subject: string): Promise<string> {
  const mail = await client.say(`MAIL FROM:<${from}>`);
  if (!mail.startsWith("250")) return mail;
  const recipient = await client.say(`RCPT TO:<${to}>`);
  if (!recipient.startsWith("250")) {
    await client.say("RSET");
    return recipient;
  }
  await client.say("DATA");
  return client.say(`From: ${from}\r\nSubject: ${subject}\r\n\r\nx\r\n.`);
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < untilMs, what);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function value<Value>(server: RunningServer, ...words: readonly string[]): Promise<Value> {
  const { stdout, stderr } = await server.postern([...words, "--json"]);
  const answer = JSON.parse(stdout) as { ok: boolean; value: Value };
  assert.ok(answer.ok, stdout + stderr);
  return answer.value;
}

interface Queue {
  readonly entries: readonly { readonly message: { readonly id: number; readonly account: string } }[];
}

/** Text of the newest message in the inbox. */
async function newestMail(server: RunningServer, { user, password }: typeof ALICE): Promise<string> {
  await using client = await connectTo(server.ports.pop3, { address: "192.0.2.77", tls: true });
  await client.line();
  await client.say(`USER ${user}`);
  await client.say(`PASS ${password}`);
  const [, count = "0"] = (await client.say("STAT")).split(" ");
  if (count === "0") return "";
  await client.say(`RETR ${count}`);
  const lines: string[] = [];
  for (let line = await client.line(); line !== "."; line = await client.line()) lines.push(line);
  return lines.join("\n");
}

const delivered = (sink: LoopbackSmtp): ReadonlySet<string> =>
  new Set(sink.messages.map((message) => /^Subject: (.*)$/m.exec(message.toString("latin1"))?.[1]?.trim() ?? ""));

suite("a stolen account", () => {
  test("1,000 messages pass; the burst is held over a kill, told of, and released or removed; nobody else waits (R07, R12, R93)", async () => {
    await using sink = await LoopbackSmtp.open();
    await using server = await startServer({ settings: SETTINGS, delivery: `relay_host = "127.0.0.1:${sink.port}"` });
    const sessions = [await logIn(server, BOB), await logIn(server, BOB)] as const;
    await Promise.all(
      sessions.map(async (client, session) => {
        for (let sent = 0; sent < BURST / 2; sent++) {
          assert.match(await send(client, BOB.user, "a@far.example", `spam ${session} ${sent}`), /^250 /);
        }
      }),
    );
    assert.doesNotMatch((await server.postern(["status"])).stdout, /HELD/);

    assert.match(await send(sessions[0], BOB.user, "a@far.example", "the burst"), /^250 /);
    await server.kill();
    for (const client of sessions) await client[Symbol.asyncDispose]();
    await server.start();

    const status = (await server.postern(["status"])).stdout.replaceAll(/\s+/g, " ");
    assert.match(status, /bob@example\.test HELD since .*: it sent 1001 messages to 1001 recipients within 10 minutes/);
    await using bob = await logIn(server, BOB);
    assert.match(await send(bob, BOB.user, "a@far.example", "one more"), /^250 /);
    assert.match(await send(bob, BOB.user, "a@far.example", "to be removed"), /^250 /);
    assert.match(await send(bob, BOB.user, ALICE.user, "to a colleague"), /^450 4\.7\.1 .*held since .*\(burst\)/);
    await using alice = await logIn(server, ALICE, "192.0.2.77");
    assert.match(await send(alice, ALICE.user, "b@far.example", "from alice"), /^250 /);
    await until("alice's mail goes out", () => delivered(sink).has("from alice"));

    await until("both are told", async () => {
      const sheets = [await newestMail(server, ALICE), await newestMail(server, BOB)];
      return sheets.every((sheet) => sheet.includes(`Mail of ${BOB.user} is held`));
    });
    const sheet = (await newestMail(server, ALICE)).replaceAll(/\s+/g, " ");
    assert.match(sheet, /from 198\.51\.100\.7, with the password: 100[123] messages/);
    assert.match(sheet, /to: far\.example \(\d+\)/);
    assert.match(sheet, /postern queue release --account bob@example\.test/);
    await until("the alert is there", async () =>
      (await server.postern(["status"])).stdout.replaceAll(/\s+/g, " ").includes("Mail of bob@example.test is held"),
    );

    // The limit of a day counts over a kill, to the message.
    assert.match(await send(bob, BOB.user, "a@far.example", "1004"), /^250 /);
    assert.match(await send(bob, BOB.user, "a@far.example", "1005"), /^250 /);
    assert.match(await send(bob, BOB.user, "a@far.example", "1006"), /^450 4\.7\.1 .*messages_per_day = 1005/);

    // Who sent most stands first, as a table and for scripts.
    const top = await value<readonly SendingRow[]>(server, "sending", "list");
    assert.deepEqual(
      top.map(({ account, day, isHeld }) => [account, day.messages, day.recipients, isHeld]),
      [
        [BOB.user, BURST + 5, BURST + 5, true],
        [ALICE.user, 1, 1, false],
      ],
    );
    const shown = (await server.postern(["sending", "show", BOB.user])).stdout.replaceAll(/\s+/g, " ");
    assert.match(shown, /last 24 hours: [1-9]\d* delivered, 0 refused for good/);

    const { entries } = await value<Queue>(server, "queue", "list", "--account", BOB.user, "--limit", "1000");
    const ids = entries.map(({ message }) => message.id);
    const held = (await server.postern(["queue", "list", "--account", BOB.user, "--limit", "1000"])).stdout;
    assert.equal(held.match(/held \(account\)/g)?.length, ids.length);
    assert.ok(!delivered(sink).has("the burst") && !delivered(sink).has("one more"));
    // The burst, "one more", "to be removed", 1004 and 1005 are the last five.
    assert.equal((await server.postern(["queue", "remove", String(ids.at(-3))])).code, 0);

    assert.match((await server.postern(["queue", "release", "--account", BOB.user])).stdout, /released/);
    await until("what was held goes out", () =>
      ["the burst", "one more", "1005"].every((one) => delivered(sink).has(one)),
    );
    await until("the queue is empty", async () => (await value<Queue>(server, "queue", "list")).entries.length === 0);
    const seen = delivered(sink);
    assert.equal(seen.has("to be removed"), false);
    assert.equal([...seen].filter((subject) => subject.startsWith("spam ")).length, BURST);
    await until("the alert is over", async () => !(await server.postern(["status"])).stdout.includes("is held since"));
    assert.doesNotMatch((await server.postern(["status"])).stdout, /HELD/);
  });
});
