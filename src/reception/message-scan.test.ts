/** Transcripts with scanners that say what a test says: whose mail they see, and what becomes of it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { decided, milters, scanned } from "../../test/fakes/evidence.ts";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception, settled } from "../../test/fakes/reception.ts";
import type { Policy } from "../verdict/policy.ts";
import type { ListenerProtocol } from "./listener-session.ts";
import type { ScanFindings, Scanners, ScanOrigin } from "./message-scan.ts";

const FOUND = scanned({ kind: "found", name: "Eicar" });
const SLOW = scanned({ kind: "unavailable", why: "slow", detail: "no answer" });
const MESSAGE = "Subject: hello\nFrom: <a@sender.example>\n\nhello";

class FakeScanners implements Scanners {
  readonly seen: ScanOrigin[] = [];
  readonly signals: AbortSignal[] = [];
  found: ScanFindings = { antivirus: scanned({ kind: "clean" }), milters: null };
  fields: readonly string[] = [];
  /** While set, nobody answers. */
  isSilent = false;

  scan(...[, origin, gone]: Parameters<Scanners["scan"]>): ReturnType<Scanners["scan"]> {
    this.seen.push(origin);
    this.signals.push(gone);
    if (this.isSilent) return new Promise(() => undefined);
    return Promise.resolve({ ...this.found, fields: this.fields });
  }
}

interface World {
  readonly mx: FakeReception;
  readonly judge: FakeJudge;
  readonly scanners: FakeScanners;
}

function world(
  protocol: ListenerProtocol,
  found: Partial<ScanFindings> = {},
  modes: Partial<Policy["modes"]> = { antivirus: "enforce", milter: "enforce" },
): World {
  const mx = new FakeReception(protocol);
  const scanners = new FakeScanners();
  scanners.found = { ...scanners.found, ...found };
  const judge = new FakeJudge(mx, modes, undefined, undefined, {}, { scanners });
  return { mx, judge, scanners };
}

async function send({ mx }: World, recipient = "user@local.test"): Promise<string> {
  const client = mx.connect();
  await client.envelope("a@sender.example", recipient);
  return client.message(MESSAGE);
}

suite("mail from other servers before the scanners", () => {
  test("a virus is refused with the ID, nothing is kept, and the record has it", async () => {
    const tried = world("smtp", { antivirus: FOUND });
    const answer = await send(tried);
    const { record } = tried.judge;
    assert.match(answer, /^550 5\.7\.1 Refused by antivirus: the message carries Eicar/);
    assert.ok(answer.endsWith(`(${record.id})`));
    assert.deepEqual([record.disposition, record.reasons[0], record.evidence.antivirus], ["reject", "virus", FOUND]);
    assert.deepEqual([tried.mx.deliveries.length, tried.mx.spool.open], [0, 0]);
  });

  test("what was not scanned is deferred, and is not kept", async () => {
    const tried = world("smtp", { antivirus: SLOW });
    assert.match(await send(tried), /^451 4\.7\.1 Deferred by antivirus: the message could not be scanned/);
    assert.deepEqual([tried.mx.deliveries.length, tried.mx.spool.open], [0, 0]);
  });

  test("in shadow it is in the record and nowhere else", async () => {
    const shadow = { antivirus: "shadow", milter: "shadow" } as const;
    const tried = world("smtp", { antivirus: FOUND, milters: milters(decided("reject")) }, shadow);
    tried.scanners.fields = ["X-Seen: yes\r\n"];
    assert.match(await send(tried), /^250 /);
    assert.equal(tried.judge.record.evidence.antivirus?.result.kind, "found");
    assert.ok(!tried.mx.stored.includes("X-Seen"));
  });

  test("postmaster gets what a milter refuses, in Junk, and never a virus", async () => {
    const refused = world("smtp", { milters: milters(decided("reject")) });
    assert.match(await send(refused, "postmaster@local.test"), /^250 /);
    assert.equal(refused.mx.deliveries[0]?.targets[0]?.folder, "junk");
    assert.match(await send(world("smtp", { antivirus: FOUND }), "postmaster@local.test"), /^550 5\.7\.1 /);
    assert.match(await send(world("smtp", { antivirus: SLOW }), "postmaster@local.test"), /^451 4\.7\.1 /);
  });

  test("fields of milters stand below ours, above Received", async () => {
    const tried = world("smtp", { milters: milters(decided("accept")) });
    tried.scanners.fields = ["X-One: 1\r\n", "X-Two: 2\r\n"];
    assert.match(await send(tried), /^250 /);
    assert.match(tried.mx.stored, /X-Spam-Status: No[^\n]*\r\n\t[^\n]*\r\nX-One: 1\r\nX-Two: 2\r\nReceived: /);
  });

  test("they are told who it is", async () => {
    const tried = world("smtp");
    await send(tried);
    const [origin] = tried.scanners.seen;
    assert.ok(origin !== undefined);
    const { id, address, clientName, login, mailFrom, recipients, leavesServer } = origin;
    assert.equal(id, tried.judge.record.id);
    assert.deepEqual(
      { address, clientName, login, mailFrom, recipients, leavesServer },
      {
        address: tried.judge.record.clientAddress,
        clientName: "client.example",
        login: undefined,
        mailFrom: "a@sender.example",
        recipients: ["user@local.test"],
        leavesServer: false,
      },
    );
  });

  test("a client that goes ends the scan", async () => {
    const tried = world("smtp");
    tried.scanners.isSilent = true;
    const client = tried.mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.message(MESSAGE);
    assert.equal(tried.scanners.signals[0]?.aborted, false);
    client.connection.leave();
    await settled();
    assert.equal(tried.scanners.signals[0]?.aborted, true);
  });
});

async function submit(tried: World, recipient: string): Promise<string> {
  const client = tried.mx.connect({ tls: FAKE_TLS });
  await client.logIn();
  await client.say("MAIL FROM:<alice@local.test>");
  await client.say(`RCPT TO:<${recipient}>`);
  return client.message("Subject: hello\nFrom: <alice@local.test>\n\nhello");
}

suite("mail of users before the scanners", () => {
  test("a virus is refused, and only the scanners are asked", async () => {
    const tried = world("submission", { antivirus: FOUND });
    assert.match(await submit(tried, "user@local.test"), /^550 5\.7\.1 Refused by antivirus/);
    const { record } = tried.judge;
    assert.equal(record.judged, "authenticated");
    assert.deepEqual(
      record.verdict?.rules.map(({ rule }) => rule),
      ["antivirus", "milter"],
    );
    const [origin] = tried.scanners.seen;
    assert.deepEqual(origin?.login, { account: "alice@local.test", mechanism: "PLAIN" });
  });

  test("clean mail has no score, and the fields of milters", async () => {
    const tried = world("submission", { milters: milters(decided("accept")) });
    tried.scanners.fields = ["X-One: 1\r\n"];
    assert.match(await submit(tried, "user@local.test"), /^250 /);
    assert.ok(tried.mx.stored.includes("X-One: 1\r\nReceived: "));
    assert.ok(!tried.mx.stored.includes("X-Spam"));
  });

  test("what a milter calls spam is in Junk here, too", async () => {
    const tried = world("submission", { milters: milters(decided("accept", { saysSpam: "X-Spam" })) });
    assert.match(await submit(tried, "user@local.test"), /^250 /);
    assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, "junk");
  });

  test("local programs' mail is scanned as well", async () => {
    const tried = world("lmtp", { antivirus: FOUND });
    const client = tried.mx.connect();
    await client.say("LHLO client.example");
    await client.say("MAIL FROM:<a@sender.example>");
    await client.say("RCPT TO:<user@local.test>");
    assert.match(await client.message(MESSAGE), /^550 5\.7\.1 Refused by antivirus/);
  });
});
