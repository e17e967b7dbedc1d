/**
 * `kill -9` while mail goes out: what was answered 250 reaches the next hop, and reaches it twice only where its answer to
 * the final dot was not on disk yet; that is written down then. What is refused there comes back as a report that Python can read.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dataFolder } from "#store/sqlite/data-folder.ts";
import { readFolder } from "./mail.ts";
import { NextHop } from "./next-hop.ts";
import { must } from "./process.ts";
import { seededRandom } from "./random.ts";
import { alice, type PosternServer, startServer } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const kills = 20;
const senders = 3;

let hop: NextHop;
let server: PosternServer;
before(async () => {
  hop = await NextHop.open();
  const settings = `[[route]]\ndomain = "far.test"\nhost = "127.0.0.1:${hop.port}"\ntls = "none"\n`;
  // It sends like a thief.
  server = await startServer({ sends: true, settings, rules: { sending: "off" } });
});
after(async () => {
  await server.stop();
  await hop.close();
});

interface Queued {
  readonly message: { readonly id: number };
  readonly recipients: readonly { readonly address: string; readonly isDoubtful: boolean }[];
}

async function queue(): Promise<{ readonly entries: readonly Queued[]; readonly counts: Record<string, number> }> {
  const { value } = JSON.parse(await server.command(["queue", "list", "--limit", "1000", "--json"])) as {
    value: never;
  };
  return value;
}

/** Recipients of whom the dead process wrote down that their outcome may be unknown. */
function markedOnDisk(): readonly string[] {
  const database = new DatabaseSync(dataFolder(join(server.folder, "data")).databaseFile);
  const rows = database
    .prepare("SELECT address FROM queue_recipient WHERE state = 'finishing' OR is_doubtful = 1")
    .all() as unknown as { readonly address: string }[];
  database.close();
  return rows.map(({ address }) => address);
}

async function login(): Promise<SmtpClient> {
  const client = await SmtpClient.greet({ port: server.ports.submissions, ca: server.ca });
  const plain = Buffer.from(`\0${alice.user}\0${alice.password}`).toString("base64");
  await client.say(`AUTH PLAIN ${plain}`, 235);
  return client;
}

function message(subject: string): Buffer {
  return Buffer.from(
    `From: <${alice.user}>\r\nTo: <x@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.test>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\n.Hello\r\n`,
  );
}

/** Sends until the connection breaks; recipients whose message was answered 250. */
async function stream(next: () => number): Promise<readonly string[]> {
  const answered: string[] = [];
  try {
    const client = await login();
    for (;;) {
      const recipient = `r${next()}@far.test`;
      const reply = await client.transaction(alice.user, [recipient], message(recipient.split("@")[0] ?? ""));
      if (reply.code !== 250) return answered;
      answered.push(recipient);
      await sleep(20);
    }
  } catch {
    return answered;
  }
}

suite("the queue of a running server", () => {
  test(`${kills} kills lose nothing, and double only what was doubtful`, async (t) => {
    const random = seededRandom();
    t.diagnostic(`POSTERN_TEST_SEED=${random.seed}`);
    let last = 0;
    const answered = new Set<string>();
    const unheard = new Set<string>();
    const marked = new Set<string>();
    hop.dotDelayMs = 60;
    for (let round = 0; round < kills; round += 1) {
      const streams = Array.from({ length: senders }, () => stream(() => (last += 1)));
      // The moment is anywhere between the first deliveries of a life.
      const takenBefore = hop.taken().size;
      await until(async () => hop.taken().size > takenBefore + 1);
      await sleep(random.next() * 400);
      await server.kill();
      for (const recipient of markedOnDisk()) marked.add(recipient);
      // What it took and could not say any more.
      for (const recipient of hop.takeUnanswered()) unheard.add(recipient);
      for (const recipients of await Promise.all(streams)) for (const one of recipients) answered.add(one);
      await server.start();
    }
    hop.dotDelayMs = 0;
    await until(async () => (await queue()).counts["messages"] === 0);
    const twice = [...hop.taken()].filter(([, times]) => times > 1).map(([recipient]) => recipient);
    t.diagnostic(
      `${last} begun, ${answered.size} answered 250, ${unheard.size} answers lost, ${twice.length} there twice`,
    );
    assert.ok(unheard.size > 0, "no kill came between a final dot and its answer");
    assert.ok(answered.size > kills, "hardly anything was queued between the kills");
    const taken = hop.taken();
    assert.deepEqual(
      [...answered].filter((recipient) => !taken.has(recipient)),
      [],
      "lost",
    );
    assert.deepEqual(
      twice.filter((recipient) => !marked.has(recipient)),
      [],
      "there twice without a word of doubt",
    );
    assert.deepEqual(JSON.parse(await server.command(["status", "--json"])).value.queue.messages, 0);
  });

  test("a lost answer is named as such", async () => {
    hop.dropsAfterDot = true;
    const client = await login();
    await client.transaction(alice.user, ["lost@far.test"], message("lost"));
    await until(async () => (await queue()).entries.some(({ recipients }) => recipients[0]?.isDoubtful === true));
    hop.dropsAfterDot = false;
    const [entry] = (await queue()).entries;
    const page = await server.command(["queue", "show", String(entry?.message.id)]);
    assert.match(page, /OUTCOME UNKNOWN: it may be there twice/);
    await server.command(["queue", "retry", "all"]);
    await until(async () => (await queue()).counts["messages"] === 0);
    assert.equal(hop.taken().get("lost@far.test"), 2);
  });

  test("what is refused there comes back, and Python reads why", async () => {
    const client = await login();
    await client.say(`MAIL FROM:<${alice.user}> RET=HDRS ENVID=Q+2B1`, 250);
    await client.say("RCPT TO:<nobody@far.test> ORCPT=rfc822;nobody@far.test", 250);
    await client.say("RCPT TO:<quiet-nobody@far.test> NOTIFY=NEVER", 250);
    await client.say("DATA", 354);
    client.send(`${message("bounced").toString("latin1").replace(/^\./gm, "..")}.\r\n`);
    await client.expect(250);
    await until(async () => (await readFolder(server, alice)).length > 0);
    const [bounce] = await readFolder(server, alice);
    const script = fileURLToPath(new URL("read-report.py", import.meta.url));
    const read = JSON.parse(await must("python3", [script], { input: bounce ?? Buffer.alloc(0) })) as unknown;
    assert.deepEqual(read, {
      defects: [],
      from: "MAILER-DAEMON@mx.example.test",
      "return-path": "<>",
      "auto-submitted": "auto-replied",
      "in-reply-to": "<bounced@example.test>",
      types: ["text/plain", "message/delivery-status", "text/rfc822-headers"],
      message: { "original-envelope-id": "Q+1", "reporting-mta": "dns; mx.example.test" },
      recipients: [
        {
          "original-recipient": "rfc822; nobody@far.test",
          "final-recipient": "rfc822; nobody@far.test",
          action: "failed",
          status: "5.1.1",
          "diagnostic-code": "smtp; 550 5.1.1 Nobody of that name",
        },
      ],
      says: true,
    });
    assert.equal((await readFolder(server, alice)).length, 1, "NOTIFY=NEVER was told of");
  });

  test("what is held stays, is released by account, and SIGTERM loses nothing", async () => {
    hop.isDeferring = true;
    const client = await login();
    await client.transaction(alice.user, ["held@far.test"], message("held"));
    await until(async () => (await queue()).counts["waiting"] === 1);
    await server.command(["queue", "hold", "--account", alice.user]);
    hop.isDeferring = false;
    await server.command(["queue", "retry", "all"]).catch(() => undefined);
    assert.equal((await queue()).counts["held"], 1);
    await server.terminate();
    await server.start();
    await until(async () => (await queue()).counts["held"] === 1);
    await server.command(["queue", "release", "--account", alice.user]);
    await until(async () => (await queue()).counts["messages"] === 0);
    assert.equal(hop.taken().get("held@far.test"), 1);
  });
});

/** A server that has just begun to listen does not answer commands yet. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isSo().catch(() => false)) return;
    await sleep(100);
  }
  assert.fail(`it did not come to that:\n${server.log().split("\n").slice(-20).join("\n")}`);
}
