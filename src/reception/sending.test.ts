/** Limits of sending as a session meets them: on the real store, two listeners' worth of sessions at once. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, type TestContext, test } from "node:test";
import { SendingLimits } from "#identity/sending-limits.ts";
import type { SendingRules } from "#store/sending-rules.ts";
import type { Store } from "#store/store.ts";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { type Client, FakeReception } from "../../test/fakes/reception.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";

const NONE = { messages: 0, recipients: 0 };
const MANY = { messages: 1000, recipients: 1000 };
const MESSAGE = "From: alice@local.test\nSubject: Hello\n\nHello.\n";

interface Sending {
  readonly world: FakeReception;
  readonly store: Store;
}

async function open(context: TestContext, changes: Partial<SendingRules>): Promise<Sending> {
  const world = new FakeReception("submission", { outbound: "sent" });
  const store = await openTemporaryStore(context, world.clock);
  const rules = { isEnforced: true, perHour: NONE, perDay: NONE, burst: MANY, historyFactor: 2, newNetworkPercent: 25 };
  const { clock } = world;
  const rulesOf = (): SendingRules => ({ ...rules, ...changes });
  const sending = new SendingLimits({ store, clock, rulesOf, reached: () => undefined });
  world.dependencies = { ...world.dependencies, store, sending };
  // The account of the fake directory is number 2.
  for (const address of ["first@local.test", "alice@local.test"]) {
    await store.createAccount({ address, quotaOctets: null, nowMs: clock.now() });
  }
  return { world, store };
}

/** The store answers in its own time. */
async function say(client: Client, line: string): Promise<string> {
  let answer = await client.say(line);
  for (let waited = 0; answer === "" && waited < 200; waited++) answer = await client.hear();
  return answer;
}

async function loggedIn({ world }: Sending): Promise<Client> {
  const client = world.connect({ tls: FAKE_TLS });
  await client.hear();
  await client.logIn();
  return client;
}

async function send(client: Client, ...recipients: readonly string[]): Promise<string> {
  const mail = await say(client, "MAIL FROM:<alice@local.test>");
  if (!mail.startsWith("250")) return mail;
  for (const recipient of recipients) {
    const answer = await say(client, `RCPT TO:<${recipient}>`);
    if (!answer.startsWith("250")) {
      await say(client, "RSET");
      return answer;
    }
  }
  await say(client, "DATA");
  return say(client, `${MESSAGE.replaceAll("\n", "\r\n")}.`);
}

suite("a user sends", () => {
  test("one message to 16 people is one message and 16 recipients; a refused one costs nothing (R09)", async (context) => {
    const sending = await open(context, { perHour: { messages: 2, recipients: 20 } });
    const client = await loggedIn(sending);
    const many = Array.from({ length: 16 }, (_, i) => `r${i}@far.example`);
    assert.match(await send(client, ...many), /^250 /);
    assert.match(await send(client, ...many), /^450 4\.7\.1 .*recipients_per_hour = 20/);
    assert.match(await send(client, ...many.slice(0, 4)), /^250 /);
    assert.match(await send(client, "a@far.example"), /^450 4\.7\.1 .*messages_per_hour = 2/);
    sending.world.clock.advance(61 * 60_000);
    assert.match(await send(await loggedIn(sending), "a@far.example"), /^250 /);
  });

  test("two sessions at once do not pass the limit together: the second is told at the end of its message", async (context) => {
    const sending = await open(context, { perHour: { messages: 1, recipients: 0 } });
    const [first, second] = [await loggedIn(sending), await loggedIn(sending)];
    for (const client of [first, second]) {
      assert.match(await say(client, "MAIL FROM:<alice@local.test>"), /^250 /);
      assert.match(await say(client, "RCPT TO:<a@far.example>"), /^250 /);
      await say(client, "DATA");
    }
    const text = `${MESSAGE.replaceAll("\n", "\r\n")}.`;
    assert.match(await say(first, text), /^250 /);
    assert.match(await say(second, text), /^450 4\.7\.1 .*messages_per_hour = 1/);
    assert.equal((await sending.store.countQueue()).messages, 1);
  });

  test("after a burst mail for elsewhere is taken and held, and nobody here gets any", async (context) => {
    const sending = await open(context, { burst: { messages: 2, recipients: 100 } });
    const client = await loggedIn(sending);
    for (let sent = 0; sent < 4; sent++) assert.match(await send(client, "a@far.example"), /^250 /);
    assert.match(await send(client, "alice@local.test"), /^450 4\.7\.1 .*held since .*\(burst\)/);
    assert.equal((await sending.store.countQueue()).held, 4);
    assert.equal((await sending.store.findAccount(2))?.usedMessages, 0);
  });
});

test("RFC 5322 §3.6.3: no copy of what a user hands in shows who got it unseen, here neither", async (context) => {
  const sending = await open(context, {});
  const client = await loggedIn(sending);
  await say(client, "MAIL FROM:<alice@local.test>");
  await say(client, "RCPT TO:<alice@local.test>");
  await say(client, "RCPT TO:<a@far.example>");
  await say(client, "DATA");
  const header =
    "From: alice@local.test\r\nBcc: boss@far.example,\r\n spy@far.example\r\nresent-bcc: x@far.example\r\nTo: a@far.example";
  assert.match(await say(client, `${header}\r\n\r\nBcc: in the text stays\r\n.`), /^250 /);
  const [entry] = await sending.store.listQueue({ limit: 1 });
  const stored = await sending.store.readContent(entry?.message.blobId ?? assert.fail(), 0, 10_000);
  const text = Buffer.from(stored ?? []).toString("latin1");
  assert.match(text, /^To: a@far\.example\r\n\r\nBcc: in the text stays\r\n$/m);
  assert.doesNotMatch(text, /boss|spy|x@far/);
  assert.match(text, /^Date: /m);
  assert.match(text, /^Message-ID: </m);
});
