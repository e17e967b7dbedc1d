import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { banned, helo, listed, policy, reverseDns } from "../../test/fakes/evidence.ts";
import { BUDGET_MS, everyAnswer, FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception, settled } from "../../test/fakes/reception.ts";
import { samePolicy } from "../verdict/policies.ts";
import type { Policy } from "../verdict/policy.ts";
import { replay } from "../verdict/replay.ts";
import { TURNED_AWAY_MS } from "./limits.ts";
import { receptionDefaults } from "./settings.ts";

const CLIENT = "198.51.100.7";
const drop = (): Promise<ReturnType<typeof listed>[]> => Promise.resolve([listed(7, { rejectsAlone: true })]);

const never = (): Promise<never> => new Promise(() => undefined);
const broken = (): Promise<never> => Promise.reject(new Error("a bug"));

function judged(modes: Partial<Policy["modes"]> = {}): { readonly mx: FakeReception; readonly judge: FakeJudge } {
  const mx = new FakeReception("smtp");
  return { mx, judge: new FakeJudge(mx, modes) };
}

suite("judgement: a listed client", () => {
  test("is refused at RCPT, with list, page and the ID under which the record is found", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = {
      ...judge.checks.answers,
      lists: (role) => (role === "client" ? drop() : Promise.resolve([])),
    };
    const client = mx.connect();
    assert.match(await client.say("EHLO mail.sender.example"), /250/);
    assert.match(await client.say("MAIL FROM:<a@sender.example>"), /^250 /);
    const answer = await client.say("RCPT TO:<user@local.test>");
    assert.match(
      answer,
      /^554 5\.7\.1 Refused by dnsbl: 198\.51\.100\.7 is listed by spamhaus-zen .* see https:\/\/\S+198/,
    );
    const { record } = judge;
    assert.ok(answer.endsWith(`(${record.id})`), answer);
    assert.deepEqual(
      [record.stage, record.disposition, record.reasons[0], record.reply?.code, record.mailFrom, record.clientName],
      ["rcpt", "reject", "listed-as-hostile", 554, "a@sender.example", "mail.sender.example"],
    );
    assert.deepEqual(
      record.recipients.map(({ address, accepted }) => [address, accepted]),
      [["user@local.test", false]],
    );
    assert.deepEqual(replay(record, samePolicy(policy())), { kind: "same", disposition: "reject" });
  });

  test("all recipients of a transaction are in its one record, known and unknown", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, lists: drop };
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    for (const who of ["user", "nobody", "alice"]) await client.say(`RCPT TO:<${who}@local.test>`);
    await client.say("RCPT TO:<b@victim.example>");
    client.connection.leave();
    assert.deepEqual(
      judge.record.recipients.map(({ reason }) => reason),
      ["listed-as-hostile", "unknown-recipient", "listed-as-hostile", "relaying-denied"],
    );
    const replies = judge.record.recipients.map(({ reply }) => reply.status);
    assert.deepEqual(replies, ["5.7.1", "5.1.1", "5.7.1", "5.7.1"]);
  });

  test("reaches postmaster (RFC 5321 §4.5.1), whose copy goes to Junk", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, lists: drop };
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    assert.match(await client.say("RCPT TO:<Postmaster>"), /^250 /);
    assert.match(await client.say("RCPT TO:<postmaster@local.test>"), /^250 /);
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^554 /);
    assert.match(await client.message("From: a@sender.example\nSubject: take us off\n\n"), /^250 /);
    assert.deepEqual([mx.deliveries[0]?.targets[0]?.folder, judge.record.disposition], ["junk", "junk"]);
  });

  test("a verdict never lets anybody relay", async () => {
    for (const modes of [{}, { dnsbl: "off" }] as const) {
      const { mx } = judged(modes);
      const client = mx.connect();
      await client.say("EHLO mail.sender.example");
      await client.say("MAIL FROM:<a@sender.example>");
      assert.match(await client.say("RCPT TO:<b@victim.example>"), /^550 5\.7\.1 Relaying denied/);
    }
  });
});

suite("judgement: what is accepted", () => {
  test("clean mail is in the inbox; record, message and Received share one ID", async () => {
    const { mx, judge } = judged();
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    const [, id = ""] =
      /Accepted as (\w+)/.exec(await client.message("From: a@sender.example\nMessage-ID: <1@sender.example>\n\nx")) ??
      [];
    const { record } = judge;
    assert.deepEqual([record.id, record.message, record.messageId], [id, id, "<1@sender.example>"]);
    assert.deepEqual(
      [record.stage, record.disposition, record.reasons, record.whatWouldChangeIt],
      ["data", "accept", [], []],
    );
    assert.match(mx.stored, new RegExp(`id ${id}`));
    assert.match(mx.stored, /\r\nX-Spam-Status: No, score=0 required=6\r\n\ttests=none\r\n/);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "inbox");
  });

  test("from a score of 6 on it is in Junk and says so, whatever the sender wrote", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, lists: () => Promise.resolve([listed(6)]) };
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.message("X-Spam-Flag: NO\nX-Spam-Status: No, score=-9\nFrom: a@sender.example\nSubject: x\n\nx");
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "junk");
    assert.deepEqual(mx.stored.match(/^X-Spam.*$/gm), ["X-Spam-Flag: YES", "X-Spam-Status: Yes, score=10 required=6"]);
    assert.equal(judge.record.disposition, "junk");
  });

  test("shadow changes nothing and records everything", async () => {
    const { mx, judge } = judged({ dnsbl: "shadow", reverse_dns: "shadow", helo: "shadow" });
    judge.checks.answers = {
      ...judge.checks.answers,
      lists: drop,
      reverseDns: () => Promise.resolve(reverseDns("no-name")),
      helo: () => Promise.resolve(helo({ match: "differs" })),
    };
    const client = mx.connect();
    assert.match(await client.say("EHLO localhost"), /250/);
    await client.envelope("a@sender.example", "user@local.test");
    assert.match(await client.message("From: a@sender.example\nSubject: x\n\nx"), /^250 /);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "inbox");
    const { record } = judge;
    assert.deepEqual([record.disposition, record.verdict?.sum, record.reasons], ["accept", 0, []]);
    const found = record.verdict?.rules.map(({ rule, mode, findings }) => [rule, mode, findings.length > 0]);
    assert.deepEqual(found?.slice(3, 6), [
      ["helo", "shadow", true],
      ["dnsbl", "shadow", true],
      ["reverse_dns", "shadow", true],
    ]);
    assert.deepEqual(
      record.whatWouldChangeIt.map(({ what, disposition }) => `${what}: ${disposition}`),
      ['rules.dnsbl = "enforce": reject'],
    );
  });

  test("a message that cannot be stored is deferred in the record, too", async () => {
    const { mx, judge } = judged();
    mx.storeOutcome = "no-space";
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    const answer = await client.message("From: a@sender.example\n\nx");
    const { record } = judge;
    assert.ok(answer.endsWith(`(${record.id})`));
    assert.deepEqual([record.disposition, record.message, record.reply?.code], ["defer", null, 452]);
  });
});

suite("judgement: a message that its octets condemn", () => {
  test("is refused with the decision's ID, and the record says why", async () => {
    for (const [said, code, reason] of [
      ["x\ny\r\n.\r\n", 550, "bare-newline"],
      [`${"x".repeat(100)}\r\n.\r\n`, 552, "too-large"],
    ] as const) {
      const mx = new FakeReception("smtp", { limits: { ...receptionDefaults.limits, messageSizeOctetsMax: 50 } });
      const judge = new FakeJudge(mx);
      const client = mx.connect();
      await client.envelope("a@sender.example", "user@local.test");
      await client.say("DATA");
      const answer = await client.send(said);
      const { record } = judge;
      assert.deepEqual(
        [record.disposition, record.stage, record.reasons, record.reply?.code, record.message],
        ["reject", "data", [reason], code, null],
      );
      assert.ok(answer.includes(`(${record.id})`), answer);
    }
  });
});

suite("judgement: a client that leaves", () => {
  test("before the answer to its message: the record says what became of the message", async () => {
    const { mx, judge } = judged();
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.say("DATA");
    client.connection.send(Buffer.from("From: a@sender.example\r\nMessage-ID: <1@x>\r\n\r\nx\r\n.\r\n"));
    client.connection.leave();
    await settled();
    const { stage, disposition, messageId, message } = judge.record;
    assert.deepEqual([stage, disposition, messageId, message], ["data", "defer", "<1@x>", null]);
  });

  test("in the middle of its message: deferred, as it comes again", async () => {
    const { mx, judge } = judged();
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.say("DATA");
    await client.send("Subject: x\r\n\r\nhalf");
    client.connection.leave();
    const { stage, message, recipients } = judge.record;
    assert.deepEqual([stage, message, recipients.length], ["rcpt", null, 1]);
  });

  test("after RSET: the transaction has its record when the next begins", async () => {
    const { mx, judge } = judged();
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.say("RSET");
    await client.say("MAIL FROM:<b@sender.example>");
    assert.deepEqual([judge.record.mailFrom, judge.record.stage], ["a@sender.example", "rcpt"]);
  });
});

suite("judgement: time", () => {
  test("checks begin as soon as their input is known, and never delay the greeting", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = everyAnswer(never);
    const client = mx.connect({}, 200);
    assert.match(await client.hear(), /^220 /);
    assert.deepEqual(judge.checks.asked, [`reverse-dns ${CLIENT}`, `lists client ${CLIENT}`]);
    assert.match(await client.say("EHLO mail.sender.example"), /250/);
    assert.deepEqual(judge.checks.asked.slice(2), ["helo mail.sender.example", "lists helo mail.sender.example"]);
    assert.match(await client.say("MAIL FROM:<a@sender.example>"), /^250 /);
    assert.deepEqual(judge.checks.asked.slice(4), ["lists mail-from sender.example", "spf a@sender.example"]);
  });

  test("checks that never answer delay RCPT by the budget and refuse nobody", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, reverseDns: never, helo: never, lists: never, spf: never };
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    assert.equal(await client.say("RCPT TO:<user@local.test>"), "");
    mx.clock.advance(BUDGET_MS - 1);
    assert.equal(await client.hear(), "");
    mx.clock.advance(1);
    assert.match(await client.hear(), /^250 2\.1\.5 /);
    // The next recipient does not wait again.
    assert.match(await client.say("RCPT TO:<alice@local.test>"), /^250 2\.1\.5 /);
    assert.match(await client.message("From: a@sender.example\n\nx"), /^250 /);
    const { evidence } = judge.record;
    assert.deepEqual([evidence.reverseDns, evidence.helo, evidence.dnsbl], [null, null, null]);
    assert.equal(evidence.spf?.result, "temperror");
  });

  test("a check that is broken counts for nothing", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = everyAnswer(broken);
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    assert.match(await client.message("From: a@sender.example\n\nx"), /^250 /);
    assert.ok(mx.log.lines.some(({ event }) => event === "check-broken"));
  });

  test("nothing goes on when the client has left", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = everyAnswer(never);
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    await client.say("RCPT TO:<user@local.test>");
    client.connection.leave();
    assert.equal(mx.clock.pending, 0);
  });
});

suite("judgement: who is not judged", () => {
  test("users who log in, and what programs of this server hand on", async () => {
    const msa = new FakeReception("submission", { outbound: "held" });
    const judge = new FakeJudge(msa);
    judge.checks.answers = { ...judge.checks.answers, lists: drop };
    const user = msa.connect({ tls: FAKE_TLS });
    await user.logIn();
    await user.envelope("alice@local.test", "b@victim.example");
    assert.match(await user.message("From: alice@local.test\n\nx"), /^250 /);
    assert.deepEqual(judge.checks.asked, []);
    const { record } = judge;
    assert.deepEqual([record.judged, record.account, record.verdict], ["authenticated", "alice@local.test", null]);
    assert.doesNotMatch(msa.stored, /X-Spam/);
    assert.match(await user.say("MAIL FROM:<user@local.test>"), /^553 5\.7\.1 .*\(\w+\)$/);
    assert.equal(judge.records.at(-1)?.reasons[0], "sender-refused");

    const local = new FakeReception("lmtp");
    const localJudge = new FakeJudge(local);
    const program = local.connect();
    await program.say("LHLO x");
    await program.say("MAIL FROM:<a@sender.example>");
    assert.match(await program.say("RCPT TO:<user@local.test>"), /^250 /);
    assert.match(await program.message("x"), /^250 /);
    assert.deepEqual([localJudge.checks.asked, localJudge.record.judged], [[], "local"]);
  });

  test("peers the operator trusts on the MX", async () => {
    const relay = { trustedNetworks: ["198.51.100.0/24"], trustedOnMx: true, ownAddresses: [] };
    const mx = new FakeReception("smtp", { relay, outbound: "held" });
    const judge = new FakeJudge(mx);
    judge.checks.answers = { ...judge.checks.answers, lists: drop };
    const client = mx.connect();
    judge.bans.set(CLIENT, banned(null));
    const again = mx.connect();
    assert.match(await again.hear(), /^220 /);
    await client.envelope("a@sender.example", "user@local.test");
    await client.message("From: a@sender.example\n\nx");
    assert.deepEqual([judge.checks.asked, judge.record.judged], [[], "trusted-network"]);
  });

  test("a private address says nothing: its names are not asked for, and may be short", async () => {
    const { mx, judge } = judged();
    const client = mx.connect({ remote: { address: "10.0.0.9", port: 5 } });
    assert.match(await client.say("EHLO printer"), /250/);
    await client.say("MAIL FROM:<a@sender.example>");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^250 /);
    assert.deepEqual(judge.checks.asked, ["lists mail-from sender.example"]);
  });
});

suite("judgement: refused before a transaction", () => {
  test("our own name with 550, a name without a domain with 501, both recorded", async () => {
    for (const [name, expected, reason] of [
      ["MX.local.test", /^550 5\.7\.1 Refused by helo: .*\(fake-session\)$/, "helo-is-ours"],
      ["[192.0.2.1]", /^550 5\.7\.1 Refused by helo: /, "helo-is-ours"],
      ["localhost", /^501 5\.5\.2 Refused by helo: localhost is not a full host name/, "helo-single-label"],
    ] as const) {
      const { mx, judge } = judged();
      assert.match((await mx.connect().say(`EHLO ${name}`)).replace(/^220[^|]*\|/, ""), expected);
      assert.deepEqual([judge.record.stage, judge.record.reasons[0], judge.record.clientName], ["helo", reason, name]);
    }
  });

  test("who speaks before the greeting, with the ID of the record", async () => {
    const { mx, judge } = judged();
    const client = mx.connect({}, 0);
    assert.match(
      await client.say("EHLO mail.sender.example"),
      /^554 5\.5\.0 Refused by early_talker: .*\(fake-session\)$/,
    );
    assert.deepEqual([judge.record.stage, judge.record.reasons], ["connect", ["spoke-early"]]);
  });

  test("a ban for ever: 554 in the greeting, then QUIT alone is answered (RFC 5321 §3.1)", async () => {
    const { mx, judge } = judged();
    judge.bans.set(CLIENT, banned(null));
    const client = mx.connect();
    assert.match(await client.hear(), /^554 5\.7\.1 Refused by block_list: 198\.51\.100\.0\/24 .*\(fake-session\)$/);
    assert.match(await client.say("EHLO mail.sender.example"), /^503 5\.5\.1 You were refused: /);
    assert.match(await client.say("quit"), /^221 /);
    assert.equal(client.connection.state, "ended");
    assert.deepEqual([judge.record.stage, judge.record.evidence.blockList?.reason], ["connect", "guesses recipients"]);
    assert.deepEqual(judge.checks.asked, []);
  });

  test("a banned client that stays is seen out by time, and by the number of its lines", async () => {
    const { mx, judge } = judged();
    judge.bans.set(CLIENT, banned(null));
    const idle = mx.connect();
    mx.clock.advance(TURNED_AWAY_MS);
    assert.equal(idle.connection.state, "ended");
    assert.equal(judge.records.splice(0).length, 1);
    const busy = mx.connect();
    assert.match(await busy.send("NOOP\r\n".repeat(100)), /421 4\.7\.0 /);
    assert.deepEqual([busy.connection.state, mx.clock.pending], ["ended", 0]);
    // The second refusal within a minute leaves no record of its own.
    assert.deepEqual(judge.records, []);
    const endless = mx.connect();
    assert.match(await endless.send("x".repeat(5000)), /421 4\.7\.0 /);
    assert.equal(endless.connection.state, "ended");
  });

  test("a ban that ends: 421, and postmaster is no way around it", async () => {
    const { mx, judge } = judged();
    judge.bans.set(CLIENT, banned(Date.UTC(2030, 0, 1, 13)));
    const client = mx.connect();
    assert.match(await client.hear(), /^421 4\.7\.0 Deferred by block_list: .* until 2030-01-01T13:00Z/);
    assert.equal(client.connection.state, "ended");
    judge.bans.clear();
    const other = mx.connect();
    await other.say("EHLO mail.sender.example");
    judge.bans.set(CLIENT, banned(null));
    await other.say("MAIL FROM:<a@sender.example>");
    assert.match(await other.say("RCPT TO:<postmaster>"), /^554 5\.7\.1 Refused by block_list/);
  });

  test("a ban of mail does not stop logins", async () => {
    const msa = new FakeReception("submission");
    const judge = new FakeJudge(msa);
    judge.bans.set(CLIENT, banned(null));
    assert.match(await msa.connect({ tls: FAKE_TLS }).hear(), /^220 /);
    judge.bans.set(CLIENT, { ...banned(null), scope: "auth" });
    assert.match(await msa.connect({ tls: FAKE_TLS }).hear(), /^554 5\.7\.1 /);
  });
});
