/** The running server, a name server that says what we want, and clients whose addresses come in PROXY headers. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type FakeDnsServer, startDnsServer } from "../fakes/dns-server.ts";
import { freePorts } from "./ports.ts";
import { type PosternServer, startServer } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const HOSTILE = "203.0.113.66";
const GOOD = "198.51.100.25";
const NAMELESS = "198.51.100.99";

const a = (...addresses: string[]) => ({ A: addresses });
const zone = {
  "2.0.0.127.zen.spamhaus.org": a("127.0.0.2", "127.0.0.4", "127.0.0.10"),
  "66.113.0.203.zen.spamhaus.org": a("127.0.0.9"),
  // A list that has died and was bought: it names the world.
  "2.0.0.127.world.example": a("127.0.0.2"),
  "1.0.0.127.world.example": a("127.0.0.2"),
  "25.100.51.198.world.example": a("127.0.0.2"),
  // A list that does not serve our resolver.
  "2.0.0.127.refusing.example": a("127.0.0.2"),
  "25.100.51.198.refusing.example": a("127.255.255.254"),
  "25.100.51.198.in-addr.arpa": { PTR: ["mail.good.example"] },
  "mail.good.example": a(GOOD),
};

const settings = (port: number): string => `
[[listener]]
protocol = "smtp"
bind = "127.0.0.1:${port}"
tls = "starttls"
proxy_from = ["127.0.0.1"]
[[list]]
profile = "spamhaus-zen"
[[list]]
zone = "world.example"
answers = { "127.0.0.2" = { means = "spam", weight = 20 } }
[[list]]
zone = "refusing.example"
answers = { "127.0.0.2" = { means = "spam", weight = 20 } }
[[list]]
zone = "silent.example"
answers = { "127.0.0.2" = { means = "spam", weight = 20 } }
`;

let dns: FakeDnsServer;
let server: PosternServer;
let port = 0;

before(async () => {
  dns = await startDnsServer(zone, {
    "2.0.0.127.silent.example": "silence",
    "25.100.51.198.silent.example": "silence",
  });
  [port = 0] = await freePorts(1);
  server = await startServer({ nameServer: dns.address, settings: settings(port) });
});

after(async () => {
  await server?.stop();
  await dns?.[Symbol.asyncDispose]();
});

async function from(address: string, name: string): Promise<SmtpClient> {
  const client = await SmtpClient.connect({ port });
  client.send(`PROXY TCP4 ${address} 192.0.2.1 40000 25\r\n`);
  await client.expect(220);
  await client.say(`EHLO ${name}`, 250);
  return client;
}

suite("the running server judges", () => {
  test("a good client is not harmed by lists that are dead, silent, bought or refusing", async () => {
    await untilProven(async () => {
      const client = await from(GOOD, "mail.good.example");
      await client.say("MAIL FROM:<someone@good.example>", 250);
      await client.say("RCPT TO:<alice@example.test>", 250);
      await client.say("DATA", 354);
      const accepted = await client.say("From: someone@good.example\r\nSubject: hello\r\n\r\nhello\r\n.", 250);
      const [, id = ""] = /Accepted as (\w+)/.exec(accepted.text) ?? [];
      await client.say("QUIT", 221);
      const page = await untilFound(id);
      assert.match(page, /accepted after the message/);
      return /127\.255\.255\.254|refuses-us/.test(page);
    });
  });

  test("a client of a hijacked network is refused at RCPT; why finds it by the ID", async () => {
    await untilProven(async () => {
      const client = await from(HOSTILE, "mail.hostile.example");
      await client.say("MAIL FROM:<x@hostile.example>", 250);
      const refused = await client.say("RCPT TO:<alice@example.test>");
      await client.say("RCPT TO:<postmaster>", 250);
      await client.say("QUIT", 221);
      if (refused.code === 250) return false;
      assert.match(refused.text, /^554 5\.7\.1 Refused by dnsbl: 203\.0\.113\.66 is listed by Spamhaus ZEN .*DROP/);
      assert.match(refused.text, /https:\/\/check\.spamhaus\.org/);
      const [, id = ""] = /\((\w+)\)$/.exec(refused.text) ?? [];
      assert.match(await untilFound(id), /<alice@example\.test> refused, 554 listed-as-hostile/);
      return true;
    });
  });

  test("no PTR record and a name that does not exist: 450, with the record to add", async () => {
    const client = await from(NAMELESS, "mail.nowhere.example");
    await client.say("MAIL FROM:<x@nowhere.example>", 250);
    const deferred = await client.say("RCPT TO:<alice@example.test>", 450);
    assert.match(deferred.text, /4\.7\.25 .*add a PTR record for 198\.51\.100\.99/);
  });
});

/** Lists count in a thread once it has seen its canaries; until then nobody is refused for them. */
async function untilProven(attempt: () => Promise<boolean>): Promise<void> {
  for (let count = 0; count < 20; count++) {
    if (await attempt()) return;
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }
  assert.fail("no list was seen to work");
}

/** What `postern why` says; records are kept behind the mail. */
async function untilFound(id: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await server.command(["why", id]);
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  }
}
