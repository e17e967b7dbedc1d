import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, withSession } from "../facts/changed.test-data.ts";
import { replyOf, sessionOf } from "../facts/facts.test-data.ts";
import type { AuditFacts } from "../facts/facts.ts";

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
test("smuggling is found where it was tried", () => {
  check("smuggling", "fail", intrusive("took-it-for-the-end"));
  check("smuggling", "pass", intrusive("went-on"));
  check("smuggling", "unknown", () => ({
    intrusive: { connections: new Map(), smuggling: new Map([["192.0.2.1", new Map([["<LF>.<LF>", FAILED]])]]) },
  }));
});
