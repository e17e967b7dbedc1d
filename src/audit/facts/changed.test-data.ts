/** The good domain with something changed, and what is then said of it. */
import assert from "node:assert/strict";
import { judgeAudit } from "../judge.ts";
import type { Outcome } from "../report.ts";
import { known, unknown } from "./asked.ts";
import { goodFacts, type sessionOf } from "./facts.test-data.ts";
import type { AuditFacts } from "./facts.ts";
import type { ServiceFacts } from "./services.ts";

export type Change = (facts: AuditFacts) => Partial<AuditFacts>;

export const FAILED = unknown("timed-out");

/** What is said of `name` (a check) when the good domain is changed so. */
export function check(name: string, expected: Outcome, change: Change): void {
  const facts = goodFacts();
  const { protections } = judgeAudit({ ...facts, ...change(facts) });
  const outcomes = protections
    .flatMap(({ findings }) => findings.filter((finding) => finding.check === name))
    .map(({ outcome }) => outcome);
  assert.ok(outcomes.includes(expected), `${name}: ${outcomes.join(", ") || "nothing said"}`);
  // Whatever is wrong or unknown says what to do.
  for (const { findings } of protections) {
    for (const finding of findings)
      if (finding.outcome !== "pass") assert.ok((finding.remedy ?? "").length > 10, finding.check);
  }
}

/** Nothing is wrong with `name` when the good domain is changed so. */
export function nothingWrong(name: string, change: Change): void {
  const facts = goodFacts();
  const findings = judgeAudit({ ...facts, ...change(facts) }).protections.flatMap((one) => one.findings);
  const wrong = findings.filter(({ check: id, outcome }) => id === name && (outcome === "fail" || outcome === "warn"));
  assert.deepEqual(wrong, []);
}

export const zone =
  (change: Partial<AuditFacts["zone"]>): Change =>
  (facts) => ({ zone: { ...facts.zone, ...change } });

export const withService =
  (service: ServiceFacts): Change =>
  () => ({ services: [service] });

export const withSession =
  (change: Partial<ReturnType<typeof sessionOf>>): Change =>
  ({ sessions }) => ({
    sessions: new Map(
      [...sessions].map(([address, session]) =>
        session.kind === "known" ? [address, known({ ...session.value, ...change })] : [address, session],
      ),
    ),
  });
