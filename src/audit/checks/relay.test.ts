import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, withSession } from "../facts/changed.test-data.ts";
import { goodFacts, replyOf, sessionOf } from "../facts/facts.test-data.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { Finding } from "../report.ts";
import { checkRelay } from "./relay.ts";

const intrusive =
  (answer: "took-it-for-the-end" | "went-on"): Change =>
  () => ({
    intrusive: {
      connections: new Map(),
      smuggling: new Map([["192.0.2.1", new Map([["<LF>.<LF>", known(answer)]])]]),
    },
  });

const relayed =
  (id: string, line: string): Change =>
  ({ sessions }) =>
    withSession({
      relay: sessionOf("192.0.2.1", "x").relay.map((answer) =>
        answer.vector.id === id ? { ...answer, answer: replyOf(line) } : answer,
      ),
    })({ sessions } as AuditFacts);
test("an open relay fails", () => check("relay-open", "fail", relayed("plain", "250 Ok")));
test("an open relay for <> fails", () => check("relay-open", "fail", relayed("null-sender", "250 Ok")));
test("a taken percent address is a warning: it could be somebody's", () =>
  check("relay-routing", "warn", relayed("percent", "250 Ok")));
test("a greylist says neither yes nor no", () => check("relay", "unknown", relayed("plain", "451 4.7.1 Greylisted")));
test("who denies relaying for now is a warning", () =>
  check("relay-temporary", "warn", relayed("plain", "454 4.7.1 Relay access denied")));
test("a host that cannot be talked to is no finding", () =>
  check("relay", "unknown", () => ({ sessions: new Map([["192.0.2.1", FAILED]]) })));
test("a host at which relaying was not tried is no proof", () => check("relay", "unknown", withSession({ relay: [] })));
test("no host at all", () => check("relay", "unknown", () => ({ sessions: new Map() })));
test("our own self-test counts", () =>
  check("relay-self-test", "fail", ({ inside }) => ({ inside: inside && { ...inside, relaySelfTest: 2 } })));

/** A host that takes mail for anybody from this client, and what is then said of it. */
function asked(address: string, from: string, answer: string): Finding {
  const session = sessionOf(address, "mx1.example.com");
  const relay = session.relay.map((one) => ({ ...one, answer: replyOf(answer) }));
  const sessions = new Map([[address, known({ ...session, from, relay })]]);
  const [finding] = checkRelay({ ...goodFacts(), sessions });
  assert.ok(finding !== undefined);
  return finding;
}

suite("where it was asked from (R06)", () => {
  for (const [address, from] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["192.0.2.1", "192.0.2.1"],
    ["192.168.1.2", "192.168.1.1"],
    ["172.17.0.2", "172.17.0.1"],
    ["fd00::2", "fd00::1"],
  ] as const) {
    test(`taken at ${address} from ${from} says nothing of strangers, and is no open relay`, () => {
      const { outcome, says, remedy, evidence } = asked(address, from, "250 2.1.5 Ok");
      assert.equal(outcome, "unknown");
      assert.match(says, /from its own (?:machine|network).*says nothing of strangers/);
      assert.match(remedy ?? "", /another network/);
      assert.match(evidence[0] ?? "", /RCPT TO:<test@elsewhere\.example>: 250 2\.1\.5 Ok/);
    });
  }

  test("taken by a public host is an open relay; behind a router of our own the report says what else it may be", () => {
    const outside = asked("192.0.2.1", "203.0.113.99", "250 2.1.5 Ok");
    assert.deepEqual([outside.check, outside.outcome], ["relay-open", "fail"]);
    assert.doesNotMatch(outside.remedy ?? "", /router/);
    const behind = asked("192.0.2.1", "192.168.1.7", "250 2.1.5 Ok");
    assert.deepEqual([behind.check, behind.outcome], ["relay-open", "fail"]);
    assert.match(behind.remedy ?? "", /192\.168\.1\.7.*behind one router.*from outside/);
  });

  test("what was asked and what was answered is shown, where it is refused too", () => {
    const outside = asked("192.0.2.1", "203.0.113.99", "550 5.7.1 Relaying denied");
    assert.deepEqual([outside.outcome, outside.says], ["pass", "192.0.2.1 refuses mail for other domains"]);
    assert.equal(outside.evidence.length, 10);
    for (const line of outside.evidence) assert.match(line, /MAIL FROM:<.*> RCPT TO:<.+>: 550 5\.7\.1 Relaying denied/);
    assert.match(asked("::1", "::1", "550 5.7.1 Relaying denied").says, /refuses .* from its own machine$/);
  });
});

test("smuggling is found where it was tried", () => {
  check("smuggling", "fail", intrusive("took-it-for-the-end"));
  check("smuggling", "pass", intrusive("went-on"));
  check("smuggling", "unknown", () => ({
    intrusive: { connections: new Map(), smuggling: new Map([["192.0.2.1", new Map([["<LF>.<LF>", FAILED]])]]) },
  }));
});
