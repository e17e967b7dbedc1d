/** Two nodes of ours, one the second MX of the other: what they know of each other, and mail when one of them is gone. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { makeSelfSigned } from "../../src/platform/tls/self-signed.ts";
import { readFolder } from "./mail.ts";
import { freePorts } from "./ports.ts";
import { seededRandom } from "./random.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const patienceMs = 40_000;
const guesses = { unknown_recipients_percent: 100, errors_per_session: 1000, recipients_per_transaction: 1000 };

let first: PosternServer;
let second: PosternServer;
let pairPort = 0;
let strangersCode = "";

before(async () => {
  [pairPort = 0] = await freePorts(1);
  const settings = `[pair]\nbind = "127.0.0.1:${pairPort}"\naddress = "localhost:${pairPort}"\n`;
  first = await startServer({ hostname: "mx1.example.test", limits: guesses, settings });
  second = await startServer({
    hostname: "mx2.example.test",
    domains: [{ name: "second.test" }, { name: "example.test", role: "secondary" }],
    accounts: { "root@second.test": "wooden-kettle-orbit-3" },
    limits: guesses,
  });
});
after(async () => {
  await second?.stop();
  await first?.stop();
});

function message(id: string): Buffer {
  return Buffer.from(
    `From: <sender@elsewhere.test>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${id}@elsewhere.test>\r\nSubject: ${id}\r\n\r\n${"a line of the text\r\n".repeat(200)}`,
  );
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    if (await isSo().catch(() => false)) return;
    if (performance.now() > end)
      throw new Error(`${what} did not happen\n${second.log().slice(-4000)}\n${first.log().slice(-2000)}`);
    await sleep(200);
  }
}

/** As many as one session may get wrong. */
const PER_SESSION = 400;

async function rcpt(server: PosternServer, recipients: readonly string[]): Promise<readonly string[]> {
  const rest = recipients.slice(PER_SESSION);
  if (rest.length > 0)
    return [...(await rcpt(server, recipients.slice(0, PER_SESSION))), ...(await rcpt(server, rest))];
  const client = await SmtpClient.greet({ port: server.ports.mx });
  await client.say("MAIL FROM:<sender@elsewhere.test>", 250);
  // Among the first recipients there is one that exists: a session that begins with guesses alone is ended.
  await client.say("RCPT TO:<postmaster@example.test>");
  const answers: string[] = [];
  for (const recipient of recipients) answers.push(withoutId((await client.say(`RCPT TO:<${recipient}>`)).text));
  client.socket.destroy();
  return answers;
}

/** Every refusal names its own decision. */
function withoutId(text: string): string {
  return text.replace(/\s*\[?\(?(?:id )?[0-9a-z]{26}\)?\]?/gi, "");
}

async function count(id: string): Promise<number> {
  const messages = await readFolder(first, alice);
  return messages.filter((octets) => octets.toString("latin1").includes(`Message-ID: <${id}@`)).length;
}

function bans(server: PosternServer): Promise<string> {
  return server.command(["bans"]);
}

async function hasTheLastWord(server: PosternServer): Promise<boolean> {
  const list = await bans(server);
  return !list.includes("203.0.113.7") && list.includes("203.0.113.8") && list.includes("203.0.113.9");
}

async function refused(server: PosternServer, args: readonly string[]): Promise<string> {
  try {
    await server.command(args);
  } catch (error) {
    return String(error);
  }
  assert.fail(`${args.join(" ")} was not refused`);
}

test("without a list of recipients the second answers 451 to everybody (R62)", async () => {
  for (const answer of await rcpt(second, [alice.user, "nobody@example.test"])) assert.match(answer, /^451 /);
});

test("a code that is wrong, cut short or used pairs nobody", async () => {
  const code = (await first.command(["pair"])).split("\n")[0] ?? "";
  assert.match(await refused(second, ["pair", "localhost", code.slice(0, 50)]), /whole code/);
  const octets = Buffer.from(code.slice(5), "base64url");
  octets[35] = (octets[35] ?? 0) ^ 1; // the secret
  assert.match(await refused(second, ["pair", "localhost", `PAIR-${octets.toString("base64url")}`]), /wrong, was used/);
  const other = Buffer.from(code.slice(5), "base64url");
  other[5] = (other[5] ?? 0) ^ 1; // the key
  assert.match(await refused(second, ["pair", "localhost", `PAIR-${other.toString("base64url")}`]), /another key/);
  assert.match(await second.command(["pair", "localhost", code]), /Joined mx1\.example\.test/);
  strangersCode = code;
});

test("a used code is of no use to a third, who hears nothing", async () => {
  const third = await startServer({ hostname: "mx3.example.test" });
  try {
    await refused(third, ["pair", "localhost", strangersCode]);
    assert.match(await third.command(["pair", "list"]), /nobody/);
  } finally {
    await third.stop();
  }
  const own = await makeSelfSigned(["third.test"], Date.now());
  for (const identity of [{}, { cert: own.certificatePem, key: own.keyPem }]) {
    const socket = connect({ host: "127.0.0.1", port: pairPort, rejectUnauthorized: false, ...identity });
    let heard = 0;
    socket.on("data", (octets: Buffer) => (heard += octets.length));
    socket.on("error", () => undefined);
    socket.write(Buffer.from("00000012017b226b696e64223a226e6f746564227d", "hex"));
    await once(socket, "close");
    assert.equal(heard, 0);
  }
});

test("TLS 1.2 is not spoken between nodes", async () => {
  const socket = connect({ host: "127.0.0.1", port: pairPort, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  const [error] = await once(socket, "error");
  assert.match(String(error), /protocol version|EPROTO|alert/i);
});

test("2,000 random recipients get the same answers on both, with the first up and down (R62)", async (t) => {
  const random = seededRandom();
  t.diagnostic(`POSTERN_TEST_SEED=${random.seed}`);
  await until("the list", async () => (await rcpt(second, [alice.user]))[0]?.startsWith("250") === true);
  await first.command(["alias", "add", "info@example.test", alice.user]);
  await first.command(["account", "disable", bob.user]);
  await until("the changes", async () => {
    const [info = "", disabled = ""] = await rcpt(second, ["info@example.test", bob.user]);
    return info.startsWith("250") && disabled.startsWith("550");
  });
  const known = ["alice", "Alice", "alice+shop", "info", "info+x", "bob", "bob+y", "postmaster", "abuse", "abuse+z"];
  const recipients = Array.from({ length: 2000 }, () => {
    const name =
      random.next() < 0.3 ? known[Math.floor(random.next() * known.length)] : random.next().toString(36).slice(2);
    return `${name}@example.test`;
  });
  const answers = await rcpt(first, recipients);
  assert.deepEqual(await rcpt(second, recipients), answers);
  const kinds = new Set(answers.map((answer) => answer.slice(0, 9)));
  assert.deepEqual([...kinds].toSorted(), ["250 2.1.5", "550 5.1.1", "550 5.2.1"]);
  await first.kill();
  assert.deepEqual(await rcpt(second, recipients), answers);
  await second.kill();
  await second.start();
  assert.deepEqual(await rcpt(second, recipients), answers);
  await first.start();
  await until("the first", async () => (await first.command(["account", "enable", bob.user])) !== "");
});

test("the first is killed in mid-DATA, the sender goes to the second: it is there once when the first is back", async () => {
  const client = await SmtpClient.greet({ port: first.ports.mx });
  await client.say("MAIL FROM:<sender@elsewhere.test>", 250);
  await client.say(`RCPT TO:<${alice.user}>`, 250);
  await client.say("DATA", 354);
  client.send(message("mid-data").subarray(0, 1500));
  await first.kill();
  const other = await SmtpClient.greet({ port: second.ports.mx });
  const reply = await other.transaction("sender@elsewhere.test", [alice.user], message("mid-data"));
  assert.equal(reply.code, 250, reply.text);
  await sleep(1500);
  assert.match(await second.command(["queue", "list"]), /alice@example\.test/);
  await first.start();
  await until("the hand-over", async () => (await count("mid-data")) === 1);
  await until("the empty queue", async () => !(await second.command(["queue", "list"])).includes("alice@"));
  assert.equal(await count("mid-data"), 1);
  const [octets] = (await readFolder(first, alice)).slice(-1);
  const text = octets?.toString("latin1") ?? "";
  assert.match(
    text,
    /Received: from mx2\.example\.test[^]*by mx1\.example\.test[^]*Received: from client\.test[^]*by mx2\.example\.test/,
  );
  assert.match(text, /^Return-Path: <sender@elsewhere\.test>/);
});

test("what the first refused is refused at the second, for the same reason", async () => {
  const forged = Buffer.from("From: <a@one.test>\r\nFrom: <b@two.test>\r\nSubject: two authors\r\n\r\ntext\r\n");
  const said: string[] = [];
  for (const server of [first, second]) {
    const client = await SmtpClient.greet({ port: server.ports.mx });
    said.push(withoutId((await client.transaction("sender@elsewhere.test", [alice.user], forged)).text));
    client.socket.destroy();
  }
  assert.match(said[0] ?? "", /^550 /);
  assert.equal(said[1], said[0]);
});

test("kills of either in the middle of hand-overs lose nothing and double nothing", async () => {
  const random = seededRandom();
  const ids = Array.from({ length: 12 }, (_, number) => `kill-${number}`);
  for (const [number, id] of ids.entries()) {
    const client = await SmtpClient.greet({ port: second.ports.mx });
    const reply = await client.transaction("sender@elsewhere.test", [alice.user, "info@example.test"], message(id));
    assert.equal(reply.code, 250, reply.text);
    client.socket.destroy();
    if (number % 3 !== 0) continue;
    await sleep(random.next() * 100);
    const server = number % 2 === 0 ? first : second;
    await server.kill();
    await server.start();
  }
  await until("all hand-overs", async () => {
    for (const id of ids) if ((await count(id)) === 0) return false;
    return !(await second.command(["queue", "list"])).includes("example.test");
  });
  for (const id of ids) assert.equal(await count(id), 1, id);
});

test("a ban on one side and an unban on the other in a partition: both hold afterwards", async () => {
  await first.command(["ban", "203.0.113.7"]);
  await until("the ban over there", async () => (await bans(second)).includes("203.0.113.7"));
  await first.kill(); // the second speaks to nobody
  await second.command(["unban", "203.0.113.7"]);
  await second.command(["ban", "203.0.113.8"]);
  await second.kill();
  await first.start();
  await until("the first", async () => (await first.command(["ban", "203.0.113.9"])) !== "");
  await second.start();
  await until("the same bans on both", async () => (await hasTheLastWord(first)) && (await hasTheLastWord(second)));
});

test("what parts hears nothing any more, and the list goes with it", async () => {
  await second.command(["pair", "remove", "mx1.example.test"]);
  await until("451", async () => (await rcpt(second, [alice.user]))[0]?.startsWith("451") === true);
  await first.command(["pair", "remove", "mx2.example.test"]);
  assert.match(await first.command(["pair", "list"]), /nobody/);
});
