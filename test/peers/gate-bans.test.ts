/** Bans over real sockets: who is banned, who is not, and that a ban outlives a server that was killed. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "../gate/proxied-client.ts";
import { alertsAbout, type GateServer, sendMail, smtpFrom, soon, startGateServer } from "./gate-server.ts";
import { readFolder } from "./mail.ts";
import { alice, bob } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const GATEWAY = "10.0.0.1";
/** A ban or its end is in force after so long. Milliseconds. */
const IN_FORCE_MS = 1000;

let server: GateServer;
before(async () => {
  server = await startGateServer();
});
after(() => server?.stop());

/** The answer to the password, or the greeting that turned the client away. */
async function logIn(address: string, user: string, password: string): Promise<string> {
  await using client = await connectTo(server.behindProxy.imap, { address, tls: true });
  const greeting = await client.line();
  return greeting.startsWith("* OK") ? await client.say(`a LOGIN "${user}" "${password}"`) : greeting;
}

async function greetingAt(port: number, address: string): Promise<string> {
  const client = await smtpFrom(port, address);
  const { text } = await client.next();
  client.close();
  return text;
}

function bansOf(address: string): Promise<string> {
  return server.command(["bans", address]).catch((error: Error) => error.message);
}

suite("clients hidden behind one address", () => {
  test("a gateway in front of everybody is never banned, however it behaves; the administrator hears of it loudly", async () => {
    for (let guess = 0; guess < 40; guess += 10) {
      const batch = Array.from({ length: 10 }, (_, n) => logIn(GATEWAY, bob.user, `guess-${guess + n}`));
      for (const answer of await Promise.all(batch)) assert.match(answer, /^a NO \[AUTHENTICATIONFAILED\]/);
    }
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => sendMail(server, { address: GATEWAY, subject: `nat-${n}` })),
    );
    const [alert] = await alertsAbout(server, "clients-are-hidden", [GATEWAY]);
    assert.match(alert?.text ?? "", /connections of the last ten minutes come from 10\.0\.0\.1.*suspended for it/);
    assert.match(alert?.remedy ?? "", /PROXY header and proxy_from/);
    assert.match(await server.command(["status"]), /Alerts\n[^]*10\.0\.0\.1/);
    await soon(async () => {
      const inbox = await readFolder(server, alice);
      return inbox.some((octets) => octets.includes("Subject: [Postern] clients-are-hidden: 10.0.0.1")) || undefined;
    }, "no mail about it");
    assert.doesNotMatch(await bansOf(GATEWAY), /ban of/);
    assert.match(await logIn(GATEWAY, bob.user, bob.password), /^a OK /);
  });
});

suite("bans by rule, over real sockets", () => {
  test("50 times the same wrong password: one offence, no ban, and the right one works", async () => {
    const address = "198.51.100.200";
    for (let tried = 0; tried < 50; tried += 10) {
      const batch = Array.from({ length: 10 }, () => logIn(address, bob.user, "the-old-password"));
      for (const answer of await Promise.all(batch)) assert.match(answer, /^a NO \[AUTHENTICATIONFAILED\]/);
    }
    assert.match(await logIn(address, bob.user, bob.password), /^a OK /);
    assert.doesNotMatch(await bansOf(address), /ban of/);
  });

  test("12 different ones: no login from there, on no protocol, while port 25 takes its mail", async () => {
    const address = "203.0.113.50";
    await Promise.all(Array.from({ length: 12 }, (_, n) => logIn(address, bob.user, `guess-${n}`)));
    const refused = await soon(async () => {
      const answer = await logIn(address, bob.user, bob.password);
      return answer.startsWith("* BYE [UNAVAILABLE]") ? answer : undefined;
    }, "not banned");
    assert.match(refused, /guessed passwords/);
    assert.match(await greetingAt(server.behindProxy.submission, address), /^421 4\.7\.0 /);
    assert.equal((await sendMail(server, { address })).code, 250);
    assert.match(await logIn("203.0.113.51", bob.user, bob.password), /^a OK /);

    await server.command(["unban", address]);
    await sleep(IN_FORCE_MS);
    assert.match(await logIn(address, bob.user, bob.password), /^a OK /);
  });
});

suite("bans by hand, over real sockets", () => {
  test("ban and unban are in force within a second, in every thread, and a server that was killed knows them", async () => {
    const [banned, lifted] = ["203.0.113.60", "203.0.113.61"];
    const mx = server.behindProxy.mx;
    for (const address of [banned, lifted]) await server.command(["ban", address, "--scope", "smtp"]);
    await sleep(IN_FORCE_MS);
    // More than there are threads: the kernel gives each its share.
    for (let times = 0; times < 12; times++) assert.match(await greetingAt(mx, banned), /^554 5\.7\.1 /);
    await server.command(["unban", lifted]);
    await sleep(IN_FORCE_MS);
    for (let times = 0; times < 12; times++) assert.match(await greetingAt(mx, lifted), /^220 /);
    await server.kill();
    await server.start();
    assert.match(await greetingAt(mx, banned), /^554 5\.7\.1 /);
    assert.match(await greetingAt(mx, lifted), /^220 /);
  });
});

suite("PROXY lines of strangers", () => {
  for (const listener of ["mx", "submission"] as const) {
    test(`${listener}: 554 and the end, whatever address they claim`, async () => {
      const client = await SmtpClient.connect({ port: server.ports[listener] });
      await client.expect(220);
      const answer = await client.say("PROXY TCP4 203.0.113.7 192.0.2.1 40000 25");
      assert.equal(answer.code, 554, answer.text);
      assert.equal((await client.next()).code, 0);
    });
  }
});
