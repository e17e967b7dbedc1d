/** A relay host that does not let us in, on a running server: mail waits, the administrator is told once, and it goes on by itself. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { selfSigned } from "../fakes/certificates.ts";
import { LoopbackSmtp } from "../fakes/loopback-smtp.ts";
import { connectTo } from "./proxied-client.ts";
import { ALICE, BOB, type RunningServer, startServer } from "./running-server.ts";

const MESSAGES = 5;
/** As AUTH PLAIN says it. */
const RIGHT = Buffer.from("\0mx1\0right").toString("base64");
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 100;

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < untilMs, what);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function sendAll(server: RunningServer): Promise<void> {
  await using client = await connectTo(server.ports.submission, { address: "192.0.2.77", tls: true });
  await client.line();
  await client.say("EHLO desk.example");
  const credentials = Buffer.from(`\0${BOB.user}\0${BOB.password}`).toString("base64");
  assert.match(await client.say(`AUTH PLAIN ${credentials}`), /^235 /);
  for (let number = 0; number < MESSAGES; number++) {
    await client.say(`MAIL FROM:<${BOB.user}>`);
    await client.say(`RCPT TO:<a${number}@far${number}.example>`);
    await client.say("DATA");
    assert.match(await client.say(`From: ${BOB.user}\r\nSubject: ${number}\r\n\r\nx\r\n.`), /^250 /);
  }
}

const words = async (server: RunningServer, ...command: readonly string[]): Promise<string> =>
  (await server.postern(command)).stdout.replaceAll(/\s+/g, " ");

/** Messages in Alice's mailbox: she is the administrator. */
async function mails(server: RunningServer): Promise<string> {
  await using client = await connectTo(server.ports.pop3, { address: "192.0.2.77", tls: true });
  await client.line();
  await client.say(`USER ${ALICE.user}`);
  await client.say(`PASS ${ALICE.password}`);
  return (await client.say("STAT")).split(" ")[1] ?? "";
}

test("a refused login: all mail waits, one alert and one mail about it; under another password it goes on, and the alert is over", async () => {
  await using relay = await LoopbackSmtp.open({
    extensions: ["STARTTLS", "AUTH PLAIN"],
    certificate: await selfSigned({ names: ["relay.example"] }),
    intercept(line, socket) {
      if (!line.startsWith("AUTH") || line.endsWith(` ${RIGHT}`)) return false;
      socket.write("535 5.7.8 not with that password\r\n");
      return true;
    },
  });
  const hop = `127.0.0.1:${relay.port}`;
  const login = 'relay_username = "mx1"\nrelay_password = "wrong"\ntls = "encrypt"';
  await using server = await startServer({ delivery: `relay_host = "${hop}"\n${login}` });
  await sendAll(server);

  const alert = `The next hop ${hop} does not let mx1 in (535 5.7.8 not with that password)`;
  await until("the alert is there", async () => (await words(server, "status")).includes(alert));
  await until("the administrator has a mail", async () => (await mails(server)) !== "0");
  const tried = async (): Promise<number> => (await words(server, "queue", "list")).match(/deferred to/g)?.length ?? 0;
  await until("all were tried", async () => (await tried()) === MESSAGES);
  assert.equal((await words(server, "status")).split(alert).length, 2, "once");
  assert.equal(await mails(server), "1", "one mail, and no bounce");
  assert.match(await words(server, "queue", "show", "1"), /\(auth\): 535 5\.7\.8 not with that password/);
  assert.equal(relay.messages.length, 0);

  const file = join(server.folder, "postern.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace('relay_password = "wrong"', 'relay_password = "right"'));
  server.reload();
  await until("all are sent", async () => {
    await server.postern(["queue", "retry", "all"]);
    return relay.messages.length === MESSAGES;
  });
  await until("the alert is over", async () => !(await words(server, "status")).includes(alert));
});
