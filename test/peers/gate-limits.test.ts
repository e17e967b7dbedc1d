/** Limits of connections at their defaults, over real sockets, for clients from everywhere. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Client, connectTo } from "../gate/proxied-client.ts";
import { type GateServer, recordsOf, sendMail, smtpFrom, soon, startGateServer } from "./gate-server.ts";
import { alice, bob } from "./server.ts";
import type { SmtpClient } from "./smtp-client.ts";

/** The settings' defaults, which the servers of other tests have wider. */
const DEFAULTS = {
  connections_total: 1000,
  connections_per_address: 20,
  connections_per_minute_per_address: 60,
  connections_per_slash24: 60,
  connections_per_minute_per_slash24: 180,
  connections_per_slash64: 20,
  connections_per_minute_per_slash64: 60,
  connections_per_slash48: 60,
  connections_per_minute_per_slash48: 180,
};
/** Of 1,000 connections strangers may have all but 10 % for users and 5 % for administrators. */
const STRANGERS = 850;
const NOT_ADMINISTRATORS = 950;
/** Where users log in from before the flood. */
const HOME = "192.0.2.77";

/** No answer to a right password may look as if it were wrong. */
const WRONG_PASSWORD = /AUTHENTICATIONFAILED|\[AUTH\]|\b535\b|5\.7\.8|password|credential/i;

let server: GateServer;
before(async () => {
  server = await startGateServer({ limits: { ...DEFAULTS, imap_connections_per_account: 4 } });
});
after(() => server?.stop());

/** An address each, in a /24 each. */
function stranger(number: number): string {
  return `20.${number >> 8}.${number & 255}.1`;
}

async function logIn(client: Client, user = alice): Promise<string> {
  const greeting = await client.line();
  return greeting.startsWith("* OK") ? client.say(`a LOGIN "${user.user}" "${user.password}"`) : greeting;
}

async function logInByPop(client: Client, user = alice): Promise<string> {
  const greeting = await client.line();
  if (!greeting.startsWith("+OK")) return greeting;
  const named = await client.say(`USER ${user.user}`);
  return named.startsWith("+OK") ? client.say(`PASS ${user.password}`) : named;
}

/** Says what a submission client says; the answer to its password, or the greeting that turned it away. */
async function logInToSend(client: SmtpClient, user = alice): Promise<string> {
  const greeting = await client.next();
  if (greeting.code !== 220) return greeting.text;
  await client.say("EHLO laptop.example", 250);
  await client.startTls(server.ca);
  await client.say("EHLO laptop.example", 250);
  const secret = Buffer.from(`\0${user.user}\0${user.password}`).toString("base64");
  return (await client.say(`AUTH PLAIN ${secret}`)).text;
}

async function connectionsOpen(): Promise<number> {
  const { value } = JSON.parse(await server.command(["status", "--json"])) as {
    value: { running: { connectionsOpen: number } };
  };
  return value.running.connectionsOpen;
}

/** Connections that are opened at the same time: a greeting takes a moment each. */
const AT_ONCE = 50;

interface Filled {
  readonly held: readonly SmtpClient[];
  /** What those that were turned away heard: each has an ID of its own. */
  readonly refused: string;
}

/** Opens so many connections to port 25. */
async function fill(count: number, addressOf: (number: number) => string): Promise<Filled> {
  const held: SmtpClient[] = [];
  const refused = new Set<string>();
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, async (_, index) => {
      const client = await smtpFrom(server.behindProxy.mx, addressOf(opened + index));
      const { code, text } = await client.next();
      if (code === 220) held.push(client);
      else refused.add(text);
    });
    await Promise.all(batch);
  }
  return { held, refused: [...refused].join("\n") };
}

suite("limits by source", () => {
  test("21 at once from an address: 421 4.7.0 for the last, and others come in", async () => {
    const { held, refused } = await fill(30, () => "198.51.100.1");
    assert.equal(held.length, DEFAULTS.connections_per_address);
    assert.match(refused, /^421 4\.7\.0 .*\(connections_per_address = 20\)/);
    // One of those that were refused has a record, under the ID that it heard; the others were at once.
    const records = await recordsOf(server, "198.51.100.1");
    assert.deepEqual(records[0]?.reasons, ["connection-limit", "connections_per_address"]);
    assert.ok(refused.includes(`(${records[0]?.id})`), refused);
    assert.equal((await sendMail(server, { address: "198.51.100.2" })).code, 250);
    for (const client of held) client.close();
  });

  test("more than 60 in a minute from an address, however short: 421 4.7.0", async () => {
    let refused = "";
    for (let count = 0; refused === "" && count < 150; count += 15) {
      const burst = await fill(15, () => "203.0.113.1");
      for (const client of burst.held) client.close();
      refused = burst.refused;
    }
    assert.match(refused, /^421 4\.7\.0 .*\(connections_per_minute_per_address = 60\)/);
  });

  test("a /64 is one client, its /48 and a /24 are three: in all their addresses together", async () => {
    for (const [limit, max, addressOf] of [
      ["connections_per_slash64 = 20", 20, (n: number) => `2001:db8:0:1::${(n + 1).toString(16)}`],
      ["connections_per_slash48 = 60", 60, (n: number) => `2001:db8:2:${(n + 1).toString(16)}::1`],
      ["connections_per_slash24 = 60", 60, (n: number) => `198.51.101.${n + 1}`],
    ] as const) {
      const { held, refused } = await fill(90, addressOf);
      assert.match(
        refused,
        new RegExp(`^421 4\\.7\\.0 .*\\((?:${limit}|connections_per_minute_per_slash\\d\\d = \\d+)\\)`),
      );
      assert.ok(held.length <= max, `${limit}: ${held.length} came in`);
      assert.ok(held.length >= max * 0.9, `${limit}: ${held.length} came in`);
      for (const client of held) client.close();
    }
  });
});

suite("limits never read like a wrong password", () => {
  test("too many of one address: IMAP says BYE [UNAVAILABLE], POP3 -ERR [SYS/TEMP], submission 421", async () => {
    const address = "203.0.113.200";
    const { held } = await fill(30, () => address);
    await using imap = await connectTo(server.behindProxy.imap, { address, tls: true });
    await using pop3 = await connectTo(server.behindProxy.pop3, { address, tls: true });
    const submission = await smtpFrom(server.behindProxy.submission, address);
    for (const [said, expected] of [
      [await logIn(imap), /^\* BYE \[UNAVAILABLE\] /],
      [await logInByPop(pop3), /^-ERR \[SYS\/TEMP\] /],
      [await logInToSend(submission), /^421 4\.7\.0 /],
    ] as const) {
      assert.match(said, expected);
      assert.doesNotMatch(said, WRONG_PASSWORD);
    }
    submission.close();
    for (const client of held) client.close();
  });

  test("too many of one account, the right password each time: NO [LIMIT], -ERR [SYS/TEMP] and a 4yz code", async () => {
    await using stack = new AsyncDisposableStack();
    const dial = async (port: number): Promise<Client> =>
      stack.use(await connectTo(port, { address: "198.51.100.150", tls: true }));
    for (let count = 0; count < 4; count++) {
      assert.match(await logIn(await dial(server.behindProxy.imap), bob), /^a OK /);
    }
    const byImap = await logIn(await dial(server.behindProxy.imap), bob);
    assert.match(byImap, /^a NO \[LIMIT\] .*imap_connections_per_account = 4/);
    const senders: SmtpClient[] = [];
    stack.defer(() => {
      for (const client of senders) client.close();
    });
    let bySubmission = "235";
    for (let count = 0; bySubmission.startsWith("235") && count < 5; count++) {
      const client = await smtpFrom(server.behindProxy.submission, "198.51.100.150");
      senders.push(client);
      bySubmission = await logInToSend(client, bob);
    }
    assert.equal(senders.length, 5);
    assert.match(bySubmission, /^4\d\d 4\.\d+\.\d+ /);
    for (const said of [byImap, bySubmission]) assert.doesNotMatch(said, WRONG_PASSWORD);
  });
});

suite("a thousand connections", () => {
  test("strangers fill their part; the next hears 421 4.7.0, users still log in, and status works", async () => {
    await using home = await connectTo(server.behindProxy.imap, { address: HOME, tls: true });
    assert.match(await logIn(home), /^a OK /);
    await home.say("b LOGOUT");
    // Of this one and of the tests before: their places are counted below.
    const areGone = async () => ((await connectionsOpen()) === 0 ? true : undefined);
    await soon(areGone, "connections that were closed are still there");

    const { held, refused } = await fill(STRANGERS + 1, stranger);
    assert.match(refused, /^421 4\.7\.0 .*\(connections_not_logged_in = 850\)/);
    assert.equal(held.length, STRANGERS);

    await using imap = await connectTo(server.behindProxy.imap, { address: HOME, tls: true });
    assert.match(await logIn(imap), /^a OK /);
    const submission = await smtpFrom(server.behindProxy.submission, HOME);
    assert.match(await logInToSend(submission), /^235 /);
    await submission.say(`MAIL FROM:<${alice.user}>`, 250);
    await submission.say(`RCPT TO:<${bob.user}>`, 250);
    await submission.say("DATA", 354);
    await submission.say(`From: <${alice.user}>\r\nSubject: in a flood\r\n\r\nhello\r\n.`, 250);

    await using byImap = await connectTo(server.behindProxy.imap, { address: "203.0.113.210", tls: true });
    assert.match(await logIn(byImap), /^\* BYE \[UNAVAILABLE\] .*connections_not_logged_in/);

    const status = (await server.command(["status"])).replaceAll(/\s+/g, " ");
    assert.match(status, /connections_not_logged_in: 850 of 850 at most, \d+ refused/);
    assert.match(status, /Clients are refused: connections_not_logged_in = 850 is reached/);

    // Not even users fill what is kept for administrators.
    const users = await fill(150, () => HOME);
    assert.match(users.refused, /^421 4\.7\.0 .*\(connections_total = \d+\)/);
    const open = await connectionsOpen();
    assert.ok(open <= NOT_ADMINISTRATORS, `${open} are open`);

    for (const client of [...held, ...users.held, submission]) client.close();
    // The place of a connection is free when the server has seen its end, which the next one may overtake.
    const isRoom = async () => ((await connectionsOpen()) < STRANGERS ? true : undefined);
    await soon(isRoom, "the server holds on to connections that are closed");
    assert.equal((await sendMail(server, { address: "198.51.100.3" })).code, 250);
  });
});
