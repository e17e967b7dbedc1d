/** What a policy file is asked about transactions, and what its answers do to them; and what they never do. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { POLICY_STAGES, type PolicyOutcome, type PolicyStage, type StageAnswer } from "#evidence/policy/evidence.ts";
import type { PolicyAsker, PolicyQuestion } from "#evidence/policy/question.ts";
import { explain } from "#verdict/explain.ts";
import { samePolicy } from "#verdict/policies.ts";
import type { Policy } from "#verdict/policy.ts";
import { replay } from "#verdict/replay.ts";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { listed, policy } from "../../test/fakes/evidence.ts";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { type Client, FakeReception } from "../../test/fakes/reception.ts";
import type { ListenerProtocol } from "./listener-session.ts";

type Answers = (stage: PolicyStage, question: PolicyQuestion) => PolicyOutcome | undefined;

class FakePolicyFile implements PolicyAsker {
  stages: ReadonlySet<PolicyStage> = new Set(POLICY_STAGES);
  readonly asked: PolicyQuestion[] = [];
  headers: StageAnswer["headers"] = [];
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  async ask(question: PolicyQuestion): Promise<readonly StageAnswer[]> {
    await Promise.resolve();
    this.asked.push(question);
    return question.stages.map((stage) => ({
      stage,
      outcome: this.#answers(stage, question) ?? { kind: "nothing" },
      headers: stage === "message" ? this.headers : [],
      tookMs: 1,
    }));
  }
}

interface World {
  readonly file: FakePolicyFile;
  readonly judge: FakeJudge;
  readonly mx: FakeReception;
  readonly client: Client;
}

function world(answers: Answers, changes: Partial<Policy> = {}, protocol: ListenerProtocol = "smtp"): World {
  const mx = new FakeReception(protocol, { outbound: "held" });
  mx.directory.add(3, "carol@local.test");
  const file = new FakePolicyFile(answers);
  const judge = new FakeJudge(mx, { policy: "enforce" }, undefined, undefined, changes, { policyFile: file });
  return { file, judge, mx, client: mx.connect(protocol === "submission" ? { tls: FAKE_TLS } : {}) };
}

const GENEROUS: PolicyOutcome = { kind: "score", score: -20, text: "everybody is welcome" };
const BROKEN: PolicyOutcome = { kind: "failed", why: "threw", detail: "policy.ts:1: Error: so" };
const FROM = "a@sender.example";
const MESSAGE =
  "From: Ann <a@sender.example>\nSubject: =?utf-8?q?h=C3=A4llo?=\nMessage-ID: <1@sender.example>\n\ntext\n";

async function greet(client: Client): Promise<void> {
  await client.say("EHLO client.example");
  await client.say(`MAIL FROM:<${FROM}>`);
}

const rcpt = (client: Client, address: string): Promise<string> => client.say(`RCPT TO:<${address}>`);

/** The reply without its ID. */
async function check(answer: Promise<string>, expected: string): Promise<void> {
  assert.equal((await answer).replace(/ \([^ ]+\)$/, ""), expected);
}

suite("a policy file grants nothing that relay control, the directory or the login refuse", () => {
  const refusals: readonly (readonly [what: string, address: string, expected: string])[] = [
    ["a recipient elsewhere", "a@elsewhere.example", "550 5.7.1 Relaying denied"],
    ["an unknown recipient", "nobody@local.test", "550 5.1.1 No such user"],
    ["a routing operator", "a%elsewhere.example@local.test", "550 5.7.1 Relaying denied"],
    ["a recipient that nobody can tell of", "a@relay.test", "451 4.3.0 Cannot tell now"],
  ];
  for (const [what, address, expected] of refusals) {
    test(`${what}: refused as ever, and the file is not even asked`, async () => {
      const { client, file } = world(() => GENEROUS);
      await greet(client);
      const answer = await rcpt(client, address);
      assert.ok(answer.startsWith(expected), answer);
      assert.deepEqual(file.asked, []);
    });
  }

  test("a user who has not logged in: 530, and the file is not asked", async () => {
    const { client, file } = world(() => GENEROUS, {}, "submission");
    await client.say("EHLO client.example");
    assert.match(await client.say(`MAIL FROM:<${FROM}>`), /^530 5\.7\.0 /);
    assert.deepEqual(file.asked, []);
  });

  test("what another rule refuses by itself, whatever score the file gives", async () => {
    const { mx, judge } = world(() => GENEROUS);
    judge.checks.answers = {
      ...judge.checks.answers,
      lists: (role) => Promise.resolve(role === "client" ? [listed(7, { rejectsAlone: true })] : []),
    };
    const client = mx.connect();
    await greet(client);
    assert.match(await rcpt(client, "user@local.test"), /^554 5\.7\.1 Refused by dnsbl/);
  });
});

suite("a policy file is asked", () => {
  test("about client, sender and recipient with the first recipient, then about each recipient, then about the message", async () => {
    const { client, file } = world(() => undefined);
    await client.envelope(FROM, "user@local.test", "carol@local.test");
    assert.match(await client.message(MESSAGE), /^250 /);
    const asked = file.asked.map(
      ({ stages, recipients }) => `${stages.join()} ${recipients.map((one) => one.address).join()}`,
    );
    assert.deepEqual(asked, [
      "connection,sender,recipient user@local.test",
      "recipient carol@local.test",
      "message user@local.test,carol@local.test",
    ]);
    const [first, , last] = file.asked;
    assert.deepEqual(first?.connection, {
      address: "198.51.100.7",
      listener: "smtp",
      tls: null,
      helo: "client.example",
      reverseName: first?.connection.reverseName,
      account: null,
      isTrusted: false,
    });
    assert.deepEqual(first?.sender, { address: FROM, domain: "sender.example", spf: "none", listedBy: [], score: 0 });
    assert.deepEqual(first?.recipients[0]?.accounts, ["user@local.test"]);
    const { subject, from, text, headers, isCut } = last?.message ?? {};
    assert.deepEqual(
      { subject, from, text, isCut },
      { subject: "hällo", from: [{ name: "Ann", address: FROM }], text: "text\r\n\r\n", isCut: false },
    );
    assert.ok(headers?.some(({ name, value }) => name === "message-id" && value === "<1@sender.example>"));
    assert.doesNotThrow(() => structuredClone(file.asked));
  });

  test("for the functions that it has, and for no others", async () => {
    const { client, file } = world(() => undefined);
    file.stages = new Set(["message"]);
    await client.envelope(FROM, "user@local.test");
    assert.deepEqual(file.asked, []);
    await client.message(MESSAGE);
    assert.deepEqual(
      file.asked.map(({ stages }) => stages),
      [["message"]],
    );
  });

  test("not about what a local program hands on (LMTP)", async () => {
    const { client, file } = world(() => ({ kind: "reject", text: "no" }), {}, "lmtp");
    await client.say("LHLO client.example");
    await client.say(`MAIL FROM:<${FROM}>`);
    assert.match(await rcpt(client, "user@local.test"), /^250 /);
    assert.deepEqual(file.asked, []);
  });

  test("about users who have logged in, with their account; and nothing else judges them", async () => {
    const { client, file, judge, mx } = world(
      (stage) => (stage === "message" ? { kind: "reject", text: "Not on a Sunday" } : undefined),
      {},
      "submission",
    );
    await client.logIn();
    await client.say("MAIL FROM:<alice@local.test>");
    assert.match(await rcpt(client, "a@elsewhere.example"), /^250 /);
    await check(client.message("From: alice@local.test\n\ntext\n"), "550 5.7.1 Refused by policy: Not on a Sunday");
    const [first] = file.asked;
    const { account, listener, tls } = first?.connection ?? {};
    assert.deepEqual([account, listener, tls?.version], ["alice@local.test", "submission", "TLSv1.3"]);
    assert.deepEqual(first?.recipients, [
      { address: "a@elsewhere.example", domain: "elsewhere.example", accounts: [] },
    ]);
    assert.deepEqual([judge.checks.asked, judge.offences, mx.deliveries], [[], [], []]);
  });

  test("and where it has nothing against a user's mail, no field of a verdict is in it", async () => {
    const { client, mx } = world(() => undefined, {}, "submission");
    await client.logIn();
    await client.say("MAIL FROM:<alice@local.test>");
    await rcpt(client, "user@local.test");
    assert.match(await client.message("From: alice@local.test\n\ntext\n"), /^250 /);
    assert.doesNotMatch(mx.stored, /X-Spam|Authentication-Results/);
  });
});

suite("an answer of a policy file", () => {
  test("reject and defer at RCPT are about this recipient alone, in our codes, with the decision's ID", async () => {
    const { client, mx } = world((stage, { recipients }) => {
      if (stage !== "recipient") return undefined;
      const [{ address } = { address: "" }] = recipients;
      return address.startsWith("carol") ? { kind: "reject", text: "Carol is away" } : undefined;
    });
    await greet(client);
    await check(rcpt(client, "carol@local.test"), "550 5.7.1 Refused by policy: Carol is away");
    assert.match(await rcpt(client, "user@local.test"), /^250 /);
    assert.match(await client.message(MESSAGE), /^250 /);
    assert.deepEqual(
      mx.deliveries[0]?.targets.map(({ accountId }) => accountId),
      [1],
    );
  });

  test("defer is 451 4.7.1", async () => {
    const { client } = world((stage) =>
      stage === "sender" ? { kind: "defer", text: "Come back at noon" } : undefined,
    );
    await greet(client);
    await check(rcpt(client, "user@local.test"), "451 4.7.1 Deferred by policy: Come back at noon");
  });

  test("junk about one recipient is for that one's folder", async () => {
    const { client, mx } = world((stage, { recipients: [one] }) =>
      stage === "recipient" && one?.address === "carol@local.test" ? { kind: "junk", text: "hers" } : undefined,
    );
    await client.envelope(FROM, "user@local.test", "carol@local.test");
    assert.match(await client.message(MESSAGE), /^250 /);
    const folders = mx.deliveries[0]?.targets.map(({ accountId, folder }) => [accountId, folder]);
    assert.deepEqual(folders, [
      [1, "inbox"],
      [3, "junk"],
    ]);
  });

  test("adds its score to the others', and its fields to the message; those a sender brings along are taken off", async () => {
    const { client, mx, file } = world((stage) =>
      stage === "message" ? { kind: "score", score: 6, text: "odd" } : undefined,
    );
    file.headers = [{ name: "X-Postern-Policy-Team", value: "sales" }];
    await client.envelope(FROM, "user@local.test");
    assert.match(await client.message(`X-Postern-Policy-Team: forged\n${MESSAGE}`), /^250 /);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "junk");
    assert.match(mx.stored, /X-Spam-Status: Yes, score=6 /);
    assert.deepEqual(mx.stored.match(/X-Postern-Policy-Team: .*/g), ["X-Postern-Policy-Team: sales"]);
  });

  test("in shadow is recorded and has no effect", async () => {
    const { client, mx, judge, file } = world(() => ({ kind: "reject", text: "no" }), {
      modes: policy({ policy: "shadow" }).modes,
    });
    file.headers = [{ name: "X-Postern-Policy-Team", value: "sales" }];
    await client.envelope(FROM, "user@local.test");
    assert.match(await client.message(MESSAGE), /^250 /);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "inbox");
    assert.doesNotMatch(mx.stored, /X-Postern-Policy/);
    assert.equal(judge.record.evidence.policy?.answers.length, 4);
  });
});

suite("a policy file that fails", () => {
  test("at RCPT: 451 4.3.0 with the ID, nothing of its inside, and `why` shows the operator what it was", async () => {
    const { client, judge } = world(() => BROKEN);
    await greet(client);
    const answer = await rcpt(client, "user@local.test");
    assert.match(
      answer,
      /^451 4\.3\.0 Deferred by policy: this server's own policy could not be asked .*try again later/,
    );
    assert.ok(answer.endsWith(`(${judge.record.id})`));
    assert.doesNotMatch(answer, /policy\.ts|Error/);
    assert.ok(explain(judge.record).join(" ").includes("policy.ts:1: Error: so"));
  });

  test("at the end of the message: 451 4.3.0, and nothing is kept", async () => {
    const { client, mx } = world((stage) => (stage === "message" ? BROKEN : undefined));
    await client.envelope(FROM, "user@local.test");
    assert.match(await client.message(MESSAGE), /^451 4\.3\.0 /);
    assert.deepEqual([mx.deliveries.length, mx.spool.open], [0, 0]);
  });

  test("leaves mail to the other rules where the settings say so", async () => {
    const { client, mx } = world(() => BROKEN, { whenPolicyFails: "accept" });
    await client.envelope(FROM, "user@local.test");
    assert.match(await client.message(MESSAGE), /^250 /);
    assert.equal(mx.deliveries.length, 1);
  });

  test("does not keep mail from postmaster (RFC 5321 §4.5.1)", async () => {
    const { client, mx } = world(() => BROKEN);
    await client.envelope(FROM, "postmaster@local.test");
    assert.match(await client.message(MESSAGE), /^250 /);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "junk");
  });
});

suite("what a policy file said", () => {
  test("is judged again by replay, without running it", async () => {
    const { client, judge } = world((stage) =>
      stage === "message" ? { kind: "score", score: 16, text: "odd" } : undefined,
    );
    await client.envelope(FROM, "user@local.test");
    await check(client.message(MESSAGE), "554 5.7.1 Refused: score 16 of 15; policy: odd");
    const outcome = (changes: Partial<Policy>): string =>
      replay(judge.record, samePolicy({ ...policy({ policy: "enforce" }), ...changes })).kind;
    assert.equal(outcome({}), "same");
    assert.equal(outcome({ modes: policy({ policy: "off" }).modes }), "changed");
    assert.ok(judge.record.whatWouldChangeIt.some(({ what }) => what.startsWith("the policy file has nothing")));
  });
});
