/** Mail kept back by a running server: seen, released once whatever happens in between, removed; and a server that is killed. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "./proxied-client.ts";
import { ALICE, BOB, type RunningServer, startServer } from "./running-server.ts";

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 200;
const BODY = "Win a prize. \u001b[31m";

/** The least there may be. */
const ROOM_OCTETS = 1_048_576;
const SETTINGS = `[rules]
reverse_dns = "shadow"
helo = "shadow"
content = "shadow"
[verdict]
junk_score = 5
quarantine_score = 6
reject_score = "off"
[quarantine]
octets_max = ${ROOM_OCTETS}
[[account_policy]]
address = "${ALICE.user}"
quarantine_score = "off"
`;
/** On a list with a weight of 6. */
const LISTED = "198.51.100.7";
const ZONE = { "7.100.51.198.bl.test": { A: ["127.0.0.2"] } };

interface Listed {
  readonly id: string;
  readonly recipients: readonly { readonly address: string; readonly state: string }[];
}

let server: RunningServer;
before(async () => {
  server = await startServer({ zone: ZONE, settings: SETTINGS });
});
after(() => server[Symbol.asyncDispose]());

/** The ID under which it was accepted. */
async function send(recipients: readonly string[], body = BODY): Promise<string> {
  await using client = await connectTo(server.ports.mx, { address: LISTED });
  await client.line();
  await client.say("EHLO mail.listed.example");
  await client.say("MAIL FROM:<Prizes@Listed.example>");
  for (const recipient of recipients) await client.say(`RCPT TO:<${recipient}>`);
  await client.say("DATA");
  const answer = await client.say(`From: prizes@listed.example\r\nSubject: A prize\r\n\r\n${body}\r\n.`);
  return /Accepted as (\w{26})/.exec(answer)?.[1] ?? assert.fail(answer);
}

/** Lists count when their canaries were seen to work: until then it goes into the inbox. */
async function keptBack(...recipients: readonly string[]): Promise<string> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const id = await send(recipients);
    if ((await listed()).some((one) => one.id === id)) return id;
    assert.ok(performance.now() < untilMs, "nothing is kept back");
    await sleep(LOOK_AGAIN_MS);
  }
}

async function value<Value>(words: readonly string[]): Promise<Value> {
  const { stdout, stderr } = await server.postern([...words, "--json"]);
  const answer = JSON.parse(stdout) as { ok: boolean; value: Value };
  assert.ok(answer.ok, stdout + stderr);
  return answer.value;
}

async function listed(...words: readonly string[]): Promise<readonly Listed[]> {
  return (await value<{ rows: readonly Listed[] }>(["quarantine", "list", ...words])).rows;
}

/** Messages in a folder, as IMAP says. */
async function messagesIn(folder: string, { user, password }: typeof BOB): Promise<number> {
  await using client = await connectTo(server.ports.imap, { address: "192.0.2.77", tls: true });
  await client.line();
  assert.match(await client.say(`a LOGIN "${user}" "${password}"`), /^a OK/);
  const answer = await client.untagged(`b STATUS ${folder} (MESSAGES)`);
  return Number(/MESSAGES (\d+)/.exec(answer)?.[1]);
}

suite("postern quarantine", () => {
  test("lists, shows and releases once, over a restart and a kill; a recipient whose policy says so has it in Junk (R92)", async () => {
    const id = await keptBack(BOB.user, ALICE.user);
    const had = await messagesIn("INBOX", BOB);
    assert.ok((await messagesIn("Junk", ALICE)) >= 1);
    const [row] = await listed("--account", BOB.user);
    assert.deepEqual([row?.id, row?.recipients.map(({ address }) => address)], [id, [BOB.user]]);
    assert.deepEqual(await listed("--account", ALICE.user), []);

    const shown = (await server.postern(["quarantine", "show", id])).stdout;
    for (const words of [
      /^Sender +<Prizes@listed\.example> from 198\.51\.100\.7$/m,
      /score 6: score-quarantine, listed/,
    ]) {
      assert.match(shown, words);
    }
    assert.match(shown, /^ {2}Subject: A prize$/m);
    assert.match(shown, /bl\.test\) on client 198\.51\.100\.7: 127\.0\.0\.2/);
    assert.match(shown, /^ {2}alice@example\.test: score 6, accepted into the Junk folder$/m);
    assert.doesNotMatch(shown, /Win a prize/);
    const whole = await value<{ octets: string }>(["quarantine", "show", id, "--message"]);
    const message = Buffer.from(whole.octets, "base64").toString("latin1");
    assert.ok(message.endsWith(`\r\n\r\n${BODY}\r\n`));
    // What would move the cursor of a terminal is not printed.
    assert.match((await server.postern(["quarantine", "show", id, "--message"])).stdout, /Win a prize\. \?\[31m/);

    const releases = await Promise.all([1, 2, 3].map(() => server.postern(["quarantine", "release", id])));
    assert.deepEqual(
      releases.map(({ stdout }) => stdout).toSorted(),
      [`Delivered to ${BOB.user}.\n`, `${BOB.user} had it already.\n`, `${BOB.user} had it already.\n`].toSorted(),
    );
    await server.kill();
    assert.equal((await server.postern(["quarantine", "release", id])).stdout, `${BOB.user} had it already.\n`);
    await server.start();
    assert.equal(await messagesIn("INBOX", BOB), had + 1);
    assert.match((await server.postern(["quarantine", "show", id])).stdout, /bob@example\.test: released 20/);
  });

  test("a release without a server, for a server that was killed while it was asked, delivers once", async () => {
    const id = await keptBack(BOB.user);
    const had = await messagesIn("INBOX", BOB);
    const asked = server.postern(["quarantine", "release", id]);
    await server.kill();
    await asked;
    const { code } = await server.postern(["quarantine", "release", id]);
    assert.equal(code, 0);
    await server.start();
    assert.equal(await messagesIn("INBOX", BOB), had + 1);
  });

  test("--to gives it to somebody else, --allow lets the sender in; remove leaves nobody to deliver it to (R92)", async () => {
    const id = await keptBack(BOB.user);
    const released = await server.postern(["quarantine", "release", id, "--to", ALICE.user, "--allow"]);
    assert.equal(
      released.stdout,
      `Delivered to ${ALICE.user}.\nprizes@listed.example is let in for them from now on, where it is proven.\n`,
    );
    assert.match(
      (await server.postern(["sender", "list"])).stdout,
      /allow +prizes@listed\.example +for alice@example\.test/,
    );
    assert.equal((await server.postern(["quarantine", "remove", id])).stdout, `Removed; it was for ${BOB.user}.\n`);
    const again = await server.postern(["quarantine", "release", id, "--to", BOB.user]);
    assert.deepEqual([again.code, /is not kept any more/.test(again.stderr)], [1, true]);
    assert.deepEqual(await listed(), []);
    for (const [words, problem] of [
      [["show", "01NONE"], /is not in quarantine/],
      [["release", id, "--to", "nobody@example.test"], /is no account here: nobody@example\.test/],
      [["list", "--account", "nobody@example.test"], /is no account here/],
    ] as const) {
      const { code, stderr } = await server.postern(["quarantine", ...words]);
      assert.equal(code, 1);
      assert.match(stderr, problem);
    }
  });

  test("without room it is in Junk, the decision says so, and the administrator is told", async () => {
    await keptBack(BOB.user);
    const had = await messagesIn("Junk", BOB);
    const id = await send([BOB.user], `${"x".repeat(990)}\r\n`.repeat(1100));
    assert.equal(await messagesIn("Junk", BOB), had + 1);
    assert.ok((await listed()).every((one) => one.id !== id));
    const untilMs = performance.now() + PATIENCE_MS;
    let status = "";
    while (!status.includes("no room for more mail in quarantine") && performance.now() < untilMs) {
      await sleep(LOOK_AGAIN_MS);
      status = (await server.postern(["status"])).stdout;
    }
    assert.match(status.replaceAll(/\s+/g, " "), /There is no room for more mail in quarantine/);
    assert.match(
      (await server.postern(["why", id])).stdout.replaceAll(/\s+/g, " "),
      /into the Junk folder .*quarantine-full/,
    );
  });

  test("why and status know of it, and replay says what other scores would have done", async () => {
    const id = await keptBack(BOB.user);
    const page = (await server.postern(["why", id])).stdout;
    assert.match(
      page,
      /^Outcome +accepted and kept back in quarantine after the message:\n +score-quarantine, listed$/m,
    );
    assert.match((await server.postern(["status"])).stdout, /^Quarantine +\d messages? kept back, .* of 1\.0 MiB;/m);
    const other = server.otherSettings(
      (source) => `${source}[[account_policy]]\naddress = "${BOB.user}"\njunk_score = 7\nquarantine_score = 8\n`,
    );
    const { stdout } = await server.postern(["replay", "--with", other, "--json"]);
    const replayed = (
      JSON.parse(stdout) as { value: { decisions: { id: string; account: string; was: string; wouldBe: string }[] } }
    ).value;
    const changed = replayed.decisions.find((one) => one.id === id);
    assert.deepEqual([changed?.account, changed?.was, changed?.wouldBe], [BOB.user, "quarantine", "accept"]);
  });
});
