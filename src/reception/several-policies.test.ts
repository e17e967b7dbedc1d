/** Transcripts about one message for people of different policies, and about senders that are let in, kept out or written to. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { decided, dmarc, listed, milters, policy, spf } from "../../test/fakes/evidence.ts";
import { FakeJudge, unsigned } from "../../test/fakes/judge.ts";
import { FakeReception, settled } from "../../test/fakes/reception.ts";
import { Correspondents } from "../evidence/sender-lists/correspondents.ts";
import type { SenderEntry } from "../evidence/sender-lists/evidence.ts";
import { SenderLists } from "../evidence/sender-lists/sender-lists.ts";
import { explain } from "../verdict/explain.ts";
import type { Policies } from "../verdict/policies.ts";
import { type Policy, policyDefaults, type Thresholds } from "../verdict/policy.ts";
import { replay } from "../verdict/replay.ts";
import type { JudgeDependencies } from "./judge.ts";

const USER = "user@local.test";
const ALICE = "alice@local.test";
const SENDER = "a@sender.example";
const MESSAGE = `From: ${SENDER}\nSubject: x\n\nx`;
const KEEP_MS = 30 * 86_400_000;

interface World {
  readonly mx: FakeReception;
  readonly judge: FakeJudge;
  readonly room: boolean[];
  readonly policies: Policies;
  /** Notes that an account has written to somebody. */
  readonly wrote: (accountId: number, address: string) => void;
}

function under(thresholds: Partial<Thresholds>): Policy {
  return { ...policy(), thresholds: { ...policyDefaults.thresholds, ...thresholds } };
}

/** Everybody's client scores this much before the message is there. */
function world(
  score: number,
  settings: {
    readonly standard?: Policy;
    readonly byAccount?: Policies["byAccount"];
    readonly byDomain?: Policies["byDomain"];
    readonly entries?: readonly Partial<SenderEntry>[];
  } = {},
): World {
  const mx = new FakeReception("smtp");
  const { standard = policy(), byAccount = {}, byDomain = {}, entries = [] } = settings;
  const policies = { standard, byAccount, byDomain };
  const lists = new SenderLists(
    entries.map((entry) => ({ kind: "deny", subject: "@sender.example", scope: "", note: "", sinceMs: 0, ...entry })),
  );
  const written: { accountId: number; address: string; lastMs: number }[] = [];
  const correspondents = new Correspondents(
    {
      putCorrespondents: () => Promise.resolve(),
      findCorrespondents: (ids, names) =>
        Promise.resolve(written.filter(({ accountId, address }) => ids.includes(accountId) && names.includes(address))),
    },
    mx.dependencies,
  );
  const room: boolean[] = [];
  const more: Partial<JudgeDependencies> = {
    policies,
    findSenders: (sender) => lists.matching(sender),
    correspondents,
    quarantine: { keepMs: KEEP_MS, octetsMax: 1000 },
    hearQuarantine: (hasRoom) => void room.push(hasRoom),
  };
  const judge = new FakeJudge(mx, {}, undefined, undefined, {}, more);
  const lists2 = [listed(score / 2, { list: "one" }), listed(score / 2, { list: "two" })];
  judge.checks.answers = {
    ...judge.checks.answers,
    lists: (role) => Promise.resolve(role === "client" && score > 0 ? lists2 : []),
  };
  return {
    mx,
    judge,
    room,
    policies,
    wrote: (accountId, address) => void written.push({ accountId, address, lastMs: 0 }),
  };
}

/** Replies to RCPT, then to the message where somebody was accepted. */
async function send({ mx }: World, recipients: readonly string[], mailFrom = SENDER): Promise<readonly string[]> {
  const client = mx.connect();
  await client.say("EHLO mail.sender.example");
  await client.say(`MAIL FROM:<${mailFrom}>`);
  const replies: string[] = [];
  for (const recipient of recipients) replies.push(await client.say(`RCPT TO:<${recipient}>`));
  if (replies.some((reply) => reply.startsWith("250"))) replies.push(await client.message(MESSAGE));
  await settled();
  return replies.map((reply) => reply.slice(0, "250 2.1.5".length));
}

/** Where the message went: accounts by folder. */
function filed({ mx }: Pick<World, "mx">): Record<string, readonly number[]> {
  const [delivery] = mx.deliveries;
  const folders: Record<string, number[]> = {};
  for (const { accountId, folder } of delivery?.targets ?? []) (folders[folder] ??= []).push(accountId);
  return delivery?.quarantine === undefined ? folders : { ...folders, quarantine: delivery.quarantine.accountIds };
}

const authenticated = (found: Parameters<typeof unsigned>[0]) => () => Promise.resolve(unsigned(found));

const passing = () => Promise.resolve(spf("pass", { domain: "sender.example" }));

suite("one message, several policies", () => {
  const strict = under({ junk: 2, reject: 4 });

  test("who refuses is refused at RCPT, and the others have it as they would alone", async () => {
    const tried = world(5, { byAccount: { [ALICE]: strict } });
    assert.deepEqual(await send(tried, [USER, ALICE]), ["250 2.1.5", "554 5.7.1", "250 2.0.0"]);
    assert.deepEqual(filed(tried), { inbox: [1] });
    const { record } = tried.judge;
    assert.deepEqual(
      record.parties?.map(({ account, disposition, filed: where }) => [account, disposition, where]),
      [
        [USER, "accept", "inbox"],
        [ALICE, "reject", null],
      ],
    );
    assert.equal(record.disposition, "accept");
  });

  test("what shows only in the message is refused where all would, else the strict ones have it in Junk", async () => {
    for (const [others, expected] of [
      [[], ["250 2.1.5", "550 5.7.1"]],
      [[USER], ["250 2.1.5", "250 2.1.5", "250 2.0.0"]],
    ] as const) {
      const entries = [{ subject: "@author.example", scope: ALICE }];
      const tried = world(0, { entries });
      const author = { kind: "one", address: "x@author.example", domain: "author.example" } as const;
      tried.judge.checks.answers = {
        ...tried.judge.checks.answers,
        authenticate: authenticated(dmarc("none", "none", { author })),
      };
      assert.deepEqual(await send(tried, [ALICE, ...others]), expected);
      assert.deepEqual(filed(tried), others.length === 0 ? {} : { inbox: [1], junk: [2] });
    }
  });

  test("a domain's scores count for its accounts that have none of their own", async () => {
    const tried = world(5, { byDomain: { "local.test": strict }, byAccount: { [USER]: policy() } });
    assert.deepEqual(await send(tried, [ALICE]), ["554 5.7.1"]);
    assert.deepEqual(await send(tried, [USER]), ["250 2.1.5", "250 2.0.0"]);
  });

  test("its header says what the mildest verdict says: nobody's filter moves it again", async () => {
    const tried = world(5, { byAccount: { [ALICE]: under({ junk: 5 }) } });
    await send(tried, [ALICE, USER]);
    assert.deepEqual(filed(tried), { junk: [2], inbox: [1] });
    assert.match(tried.mx.stored, /^X-Spam-Status: No, score=5 required=6$/m);
    assert.doesNotMatch(tried.mx.stored, /X-Spam-Flag/);
  });

  test("a record is judged again for each of them, and old ones for everybody", async () => {
    const tried = world(5, { byAccount: { [ALICE]: under({ junk: 5 }) } });
    await send(tried, [ALICE, USER]);
    const { record } = tried.judge;
    assert.deepEqual(replay(record, tried.policies), { kind: "same", disposition: "accept" });
    const other = replay(record, { ...tried.policies, byAccount: { [ALICE]: strict } });
    assert.ok(other.kind === "changed");
    assert.deepEqual([other.account, other.was, other.verdict.disposition], [ALICE, "junk", "reject"]);
    const {
      parties: _,
      evidence: { senderLists: __, ownUris: ___, ...evidence },
      ...rest
    } = record;
    const old = { ...rest, evidence } as unknown as typeof record;
    assert.deepEqual(replay(old, tried.policies), { kind: "same", disposition: "accept" });
    assert.ok(explain(old).some((line) => line.includes("score 5")));
  });
});

suite("quarantine", () => {
  const keeping = under({ quarantine: 10 });

  test("what is worse than Junk is kept back, under the decision's ID, with why and until when", async () => {
    const tried = world(12, { standard: keeping });
    assert.deepEqual(await send(tried, [USER]), ["250 2.1.5", "250 2.0.0"]);
    const { record } = tried.judge;
    const quarantine = tried.mx.deliveries[0]?.quarantine;
    const nowMs = tried.mx.clock.now();
    assert.deepEqual(
      [quarantine?.id, quarantine?.accountIds, quarantine?.score, quarantine?.untilMs, quarantine?.octetsMax],
      [record.id, [1], 12, nowMs + KEEP_MS, 1000],
    );
    assert.deepEqual(quarantine?.reasons, ["score-quarantine", "listed"]);
    assert.deepEqual([record.disposition, record.message, tried.room], ["quarantine", record.id, [true]]);
    assert.match(tried.mx.stored, /^X-Spam-Flag: YES$/m);
    assert.ok(
      explain(record).some((line) => line.startsWith("Outcome     accepted and kept back in quarantine after the")),
    );
  });

  test("some have it, it is kept back from others, in one delivery", async () => {
    const tried = world(12, { byAccount: { [ALICE]: keeping } });
    await send(tried, [ALICE, USER]);
    assert.deepEqual(filed(tried), { junk: [1], quarantine: [2] });
    assert.deepEqual([tried.mx.deliveries.length, tried.judge.record.disposition], [1, "junk"]);
  });

  test("is never for postmaster, whose mail is in Junk at worst", async () => {
    const tried = world(12, { standard: keeping });
    tried.mx.directory.admin = USER;
    await send(tried, ["postmaster@local.test"]);
    assert.deepEqual(filed(tried), { junk: [1] });
  });

  test("named as postmaster and by its own name, refused by that, it has it as postmaster", async () => {
    const tried = world(16, { standard: keeping });
    tried.mx.directory.admin = USER;
    assert.deepEqual(await send(tried, ["postmaster@local.test", USER]), ["250 2.1.5", "554 5.7.1", "250 2.0.0"]);
    assert.deepEqual(filed(tried), { junk: [1] });
    const both = world(12, { standard: keeping });
    both.mx.directory.admin = USER;
    await send(both, ["postmaster@local.test", USER]);
    assert.deepEqual(filed(both), { quarantine: [1] });
  });

  test("a filter's wish is kept, for mail of users to users, too; where it cannot be, in Junk", async () => {
    for (const listener of ["smtp", "submission"] as const) {
      for (const quarantine of [{ keepMs: KEEP_MS, octetsMax: 1000 }, undefined]) {
        const mx = new FakeReception(listener);
        const scanned = { antivirus: null, milters: milters(decided("continue", { quarantine: "odd" })), fields: [] };
        const scanners = { scan: () => Promise.resolve(scanned) };
        const judge = new FakeJudge(mx, { milter: "enforce" }, undefined, undefined, {}, { scanners, quarantine });
        const client = mx.connect({ tls: FAKE_TLS });
        if (listener === "submission") await client.logIn();
        await client.envelope(listener === "submission" ? ALICE : SENDER, USER);
        assert.match(await client.message(`From: ${listener === "submission" ? ALICE : SENDER}\n\nx`), /^250 /);
        await settled();
        const expected = quarantine === undefined ? { junk: [1] } : { quarantine: [1] };
        assert.deepEqual(filed({ mx }), expected, listener);
        const isKept = quarantine !== undefined;
        assert.equal(mx.deliveries[0]?.quarantine?.reasons[0], isKept ? "milter-quarantine" : undefined);
        assert.equal(judge.record.reasons[0], "milter-quarantine");
      }
    }
  });

  test("without room the record says that it is in Junk, and somebody is told", async () => {
    const tried = world(12, { standard: keeping });
    const { store } = tried.mx.dependencies;
    const deliver: typeof store.deliver = async (delivery) => {
      await store.deliver(delivery);
      return { ok: true, value: [{ accountId: 1, folderId: 2, uid: 1 }] };
    };
    tried.mx.dependencies = { ...tried.mx.dependencies, store: { deliver } };
    await send(tried, [USER]);
    const { record } = tried.judge;
    assert.deepEqual([record.disposition, record.reasons.at(-1), tried.room], ["junk", "quarantine-full", [false]]);
    assert.deepEqual(
      record.parties?.map((party) => party.filed),
      ["junk"],
    );
    assert.ok(tried.mx.log.lines.some(({ event }) => event === "quarantine-full"));
  });
});

suite("senders", () => {
  test("denied: 550 5.7.1 at RCPT, for all, a domain or one account", async () => {
    for (const [scope, expected] of [
      ["", ["550 5.7.1", "550 5.7.1"]],
      ["@local.test", ["550 5.7.1", "550 5.7.1"]],
      [ALICE, ["250 2.1.5", "550 5.7.1", "250 2.0.0"]],
      ["bob@elsewhere.test", ["250 2.1.5", "250 2.1.5", "250 2.0.0"]],
    ] as const) {
      assert.deepEqual(await send(world(0, { entries: [{ scope }] }), [USER, ALICE]), expected, scope);
    }
  });

  test("denied by its network, and reached as postmaster all the same", async () => {
    const tried = world(0, { entries: [{ subject: "198.51.100.0/24" }] });
    tried.mx.directory.admin = USER;
    assert.deepEqual(await send(tried, [ALICE, "postmaster@local.test"], "b@other.example"), [
      "550 5.7.1",
      "250 2.1.5",
      "250 2.0.0",
    ]);
  });

  test("allowed and proven by SPF: neither refused nor in Junk", async () => {
    for (const [answer, expected] of [
      [passing, ["250 2.1.5", "250 2.0.0"]],
      [() => Promise.resolve(spf("fail", { domain: "sender.example" })), ["250 2.1.5", "554 5.7.1"]],
    ] as const) {
      const tried = world(16, { entries: [{ kind: "allow" }] });
      tried.judge.checks.answers = { ...tried.judge.checks.answers, spf: answer };
      assert.deepEqual(await send(tried, [USER]), expected);
    }
  });

  test("allowed and proven by a signature only: the message is waited for", async () => {
    const tried = world(16, { entries: [{ kind: "allow" }] });
    tried.judge.checks.answers = { ...tried.judge.checks.answers, authenticate: authenticated(dmarc("pass")) };
    assert.deepEqual(await send(tried, [USER]), ["250 2.1.5", "250 2.0.0"]);
    assert.deepEqual(filed(tried), { inbox: [1] });
    assert.ok(explain(tried.judge.record).some((line) => line.includes("a@sender.example is on the list of allowed")));
  });

  test("allowed is not allowed to relay (seen to fail where the recipient is accepted for it)", async () => {
    const tried = world(0, { entries: [{ kind: "allow" }, { kind: "allow", subject: "198.51.100.7" }] });
    tried.judge.checks.answers = { ...tried.judge.checks.answers, spf: passing };
    assert.deepEqual(await send(tried, ["b@victim.example", "b%victim.example@local.test"]), [
      "550 5.7.1",
      "550 5.7.1",
    ]);
    assert.deepEqual(tried.mx.deliveries, []);
  });

  test("written to: that account has proven mail from there in its inbox, others in Junk", async () => {
    const tried = world(12);
    tried.wrote(2, SENDER);
    tried.judge.checks.answers = { ...tried.judge.checks.answers, authenticate: authenticated(dmarc("pass")) };
    await send(tried, [USER, ALICE]);
    assert.deepEqual(filed(tried), { junk: [1], inbox: [2] });
    assert.deepEqual(
      tried.judge.record.evidence.senderLists?.writtenTo.map(({ account }) => account),
      [ALICE, ALICE],
    );
  });

  test("written to, but nothing proves it: in Junk, and the record says why", async () => {
    const tried = world(12);
    tried.wrote(2, SENDER);
    await send(tried, [ALICE]);
    assert.deepEqual(filed(tried), { junk: [2] });
    assert.ok(explain(tried.judge.record).some((line) => line.includes("correspondent-unproven")));
  });

  test("nobody is asked about a sender that nothing speaks against", async () => {
    const tried = world(0);
    tried.wrote(2, SENDER);
    await send(tried, [ALICE]);
    assert.deepEqual(tried.judge.record.evidence.senderLists?.writtenTo, []);
  });

  test("whom a user writes to is noted for this user, when the mail is taken", async () => {
    const noted: (readonly [number, readonly string[]])[] = [];
    const msa = new FakeReception("submission", { outbound: "held" });
    const memory = {
      putCorrespondents: (id: number, names: readonly string[]) => Promise.resolve(void noted.push([id, names])),
      findCorrespondents: () => Promise.resolve([]),
    };
    const correspondents = new Correspondents(memory, msa.dependencies);
    const users = new FakeJudge(msa, {}, undefined, undefined, {}, { correspondents });
    const user = msa.connect({ tls: FAKE_TLS });
    await user.say("EHLO laptop");
    await user.logIn();
    await user.say(`MAIL FROM:<${ALICE}>`);
    await user.say("RCPT TO:<Friend@Far.example>");
    await user.say(`RCPT TO:<${USER}>`);
    assert.deepEqual(noted, []);
    assert.match(await user.message(`From: ${ALICE}\n\nx`), /^250 /);
    await settled();
    assert.deepEqual(noted, [[2, ["friend@far.example"]]]);
    assert.equal(users.record.account, ALICE);
  });
});
