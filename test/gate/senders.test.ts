/** Senders that are let in and kept out by a running server, from the next message on; and what that never grants. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { connectTo } from "./proxied-client.ts";
import { ALICE, BOB, type RunningServer, startServer } from "./running-server.ts";

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 200;
const SETTINGS = `[rules]
reverse_dns = "shadow"
helo = "shadow"
content = "shadow"
[verdict]
junk_score = 5
[uri_list]
hosts = ["phish.example"]
weight = 7
[[list]]
zone = "links.test"
kind = "uri"
answers = { "127.0.0.2" = { means = "bad link", weight = 6.5 } }
`;
const LISTED = "198.51.100.7";
const FRIEND = "friend@proven.example";
const ZONE = {
  "7.100.51.198.bl.test": { A: ["127.0.0.2"] },
  "proven.example": { TXT: [`v=spf1 ip4:${LISTED} -all`] },
  "test.links.test": { A: ["127.0.0.2"] },
  "bad.example.links.test": { A: ["127.0.0.2"] },
};

let server: RunningServer;
before(async () => {
  server = await startServer({ zone: ZONE, settings: SETTINGS });
});
after(() => server[Symbol.asyncDispose]());

interface Mail {
  readonly mailFrom: string;
  readonly to?: string;
  readonly client?: string;
  readonly body?: string;
}

/** The replies to RCPT and to the message. */
async function send({
  mailFrom,
  to = BOB.user,
  client: address = LISTED,
  body = "x",
}: Mail): Promise<readonly string[]> {
  await using client = await connectTo(server.ports.mx, { address });
  await client.line();
  await client.say("EHLO mail.far.example");
  await client.say(`MAIL FROM:<${mailFrom}>`);
  const recipient = await client.say(`RCPT TO:<${to}>`);
  if (!recipient.startsWith("250")) return [recipient];
  await client.say("DATA");
  return [recipient, await client.say(`From: ${mailFrom}\r\nSubject: x\r\n\r\n${body}\r\n.`)];
}

/** The record of a message, when it is kept. */
async function record(id: string): Promise<DecisionRecord> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { stdout } = await server.postern(["why", id, "--json"]);
    const [found] = (JSON.parse(stdout) as { value: DecisionRecord[] }).value;
    if (found?.stage === "data") return found;
    assert.ok(performance.now() < untilMs, `no record ${id}`);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** What became of it. Lists count when their canaries were seen to work. */
async function outcome(mail: Mail, isExpected: (record: DecisionRecord) => boolean): Promise<DecisionRecord> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const [, said = ""] = await send(mail);
    const id = /(\w{26})\)?$/.exec(said)?.[1] ?? assert.fail(said);
    const found = await record(id);
    if (isExpected(found) || performance.now() > untilMs) return found;
    await sleep(LOOK_AGAIN_MS);
  }
}

const isJunk = ({ disposition }: DecisionRecord): boolean => disposition === "junk";

suite("postern sender", () => {
  test("keeps out with 550 5.7.1 and the ID, in every thread, from the next message on", async () => {
    const mail = { mailFrom: "news@denied.example", client: "203.0.113.7" };
    assert.match((await send(mail))[0] ?? "", /^250 /);
    const denied = await server.postern(["sender", "deny", "Denied.example", "--note", "never asked for"]);
    assert.equal(denied.stdout, "@denied.example is kept out, from the next message on.\n");
    await sleep(500);
    for (let i = 0; i < 8; i++) {
      assert.match((await send(mail))[0] ?? "", /^550 5\.7\.1 Refused by sender_lists: .*never asked for.*\(\w{26}\)$/);
    }
    assert.match((await send({ ...mail, to: "postmaster@example.test" }))[0] ?? "", /^250 /);
    await server.postern(["sender", "allow", "news@denied.example", "--for", BOB.user]);
    assert.equal(
      (await server.postern(["sender", "remove", "@denied.example"])).stdout,
      "@denied.example is off the list.\n",
    );
    await sleep(500);
    for (let i = 0; i < 4; i++) assert.match((await send(mail))[0] ?? "", /^250 /);
  });

  test("for one account only, and over a restart", async () => {
    const mail = { mailFrom: "x@unwanted.example", client: "203.0.113.8" };
    await server.postern(["sender", "deny", "@unwanted.example", "--for", BOB.user]);
    await server.halt();
    await server.start();
    assert.match((await send(mail))[0] ?? "", /^550 5\.7\.1 .*the recipient does not take mail/);
    assert.match((await send({ ...mail, to: ALICE.user }))[0] ?? "", /^250 /);
  });

  test("lets in only what is proven, and says so where it is not", async () => {
    assert.equal((await outcome({ mailFrom: FRIEND }, isJunk)).disposition, "junk");
    await server.postern(["sender", "allow", "@proven.example"]);
    await server.postern(["sender", "allow", "@forged.example"]);
    const let_in = await outcome({ mailFrom: FRIEND }, ({ disposition }) => disposition === "accept");
    assert.equal(let_in.disposition, "accept");
    const forged = await outcome({ mailFrom: "x@forged.example" }, isJunk);
    const [rule] = forged.verdict?.rules.filter((one) => one.rule === "sender_lists") ?? [];
    assert.deepEqual([forged.disposition, rule?.findings[0]?.reason], ["junk", "allowed-sender-unproven"]);
    await server.postern(["sender", "remove", "@proven.example"]);
  });

  test("never grants relaying, to no sender and no network", async () => {
    await server.postern(["sender", "allow", "@proven.example"]);
    await server.postern(["sender", "allow", LISTED]);
    await sleep(500);
    for (const to of [
      "somebody@victim.example",
      "somebody%victim.example@example.test",
      "@example.test:a@victim.example",
    ]) {
      assert.match((await send({ mailFrom: FRIEND, to }))[0] ?? "", /^550 5\.7\.1 Relaying denied/, to);
    }
    assert.equal((await server.postern(["selftest"])).stderr, "");
    for (const subject of ["@proven.example", LISTED]) await server.postern(["sender", "remove", subject]);
  });

  test("a slip of the pen is told", async () => {
    for (const [words, problem] of [
      [["allow", "http://far.example/"], /is no mail address, no domain/],
      [
        ["deny", "far.example", "--for", "nobody@example.test"],
        /only be for an account or a domain of this server: nobody/,
      ],
      [
        ["deny", "far.example", "--for", "far.example"],
        /only be for an account or a domain of this server: far\.example/,
      ],
      [["remove", "nobody@far.example"], /is not on the list/],
      [["deny", "10.1.2.3/8"], /no network/],
    ] as const) {
      const { code, stderr } = await server.postern(["sender", ...words]);
      assert.deepEqual([words, code], [words, 1]);
      assert.match(stderr, problem);
    }
  });

  test("whom a user writes to is no stranger: its proven mail is not in Junk", async () => {
    const unknown = await outcome({ mailFrom: FRIEND }, ({ disposition }) => disposition === "junk");
    assert.equal(unknown.disposition, "junk");
    {
      await using client = await connectTo(server.ports.submission, { address: "192.0.2.77", tls: true });
      await client.line();
      await client.say("EHLO laptop");
      const credentials = Buffer.from(`\0${BOB.user}\0${BOB.password}`).toString("base64");
      assert.match(await client.say(`AUTH PLAIN ${credentials}`), /^235 /);
      await client.say(`MAIL FROM:<${BOB.user}>`);
      await client.say(`RCPT TO:<${FRIEND}>`);
      await client.say("DATA");
      assert.match(await client.say(`From: ${BOB.user}\r\n\r\nhello\r\n.`), /^250 /);
    }
    const known = await outcome({ mailFrom: FRIEND }, ({ disposition }) => disposition === "accept");
    assert.deepEqual([known.disposition, known.verdict?.sum], ["accept", 6 - 11 - 0.2]);
    assert.equal((await outcome({ mailFrom: FRIEND, to: ALICE.user }, () => true)).disposition, "junk");
    assert.match((await server.postern(["account", "show", BOB.user])).stdout, /^written to +1 address: /m);
  });
});

suite("lists of hosts of our own", () => {
  test("a host of the settings, and a zone of our own", async () => {
    const client = "203.0.113.9";
    const own = await outcome({ mailFrom: "a@far.example", client, body: "http://www.phish.example/" }, isJunk);
    assert.deepEqual([own.disposition, own.reasons.includes("own-uri-list")], ["junk", true]);
    const zone = await outcome({ mailFrom: "a@far.example", client, body: "http://bad.example/" }, isJunk);
    assert.deepEqual([zone.disposition, zone.evidence.uriLists?.findings[0]?.list], ["junk", "links.test"]);
  });
});
