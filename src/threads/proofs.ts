/** What the last looks at the ten protections found: each with the age of its proof. Plain data, for the control socket. */
import type { AuditReport, Finding } from "#audit/report.ts";

export interface Proof {
  /** 1 to 10. */
  readonly number: number;
  readonly name: string;
  /** `unknown`: never seen yet. A look that could not be taken changes nothing but the age. */
  readonly outcome: "pass" | "warn" | "fail" | "unknown";
  /** When that was seen; 0 for never. */
  readonly seenMs: number;
  /** When it was tried last, whatever came of it; 0 for never. */
  readonly triedMs: number;
  /** What is not as it should be, worst first. */
  readonly findings: readonly Pick<Finding, "says" | "remedy" | "outcome">[];
  /** Rounds in a row that saw it fail. */
  readonly failures: number;
}

/** Failures in a row before anybody is told: one round may have met a restart, or a change half-way. */
export const FAILURES_TOLD = 2;
/** Findings that are kept of a protection. */
const FINDINGS_MAX = 5;
const SEVERITY = ["fail", "warn", "unknown", "pass"] as const;

/** @param reports of the server's domains, from one round. */
export function mergeRound(before: readonly Proof[], reports: readonly AuditReport[]): readonly Proof[] {
  const [first] = reports;
  return (first?.protections ?? []).map(({ number, name }) => {
    const known = before.find((proof) => proof.number === number);
    const looks = reports.flatMap(({ protections }) => protections.filter((one) => one.number === number));
    const seen = looks.filter(({ outcome }) => outcome !== "unknown");
    const triedMs = first?.atMs ?? 0;
    if (seen.length === 0) {
      const never = { outcome: "unknown", seenMs: 0, findings: [], failures: 0 } as const;
      return { ...never, ...known, number, name, triedMs };
    }
    const outcome = SEVERITY.find((one) => seen.some((look) => look.outcome === one)) ?? "unknown";
    const findings = seen
      .flatMap((look) => look.findings)
      .filter((finding) => finding.outcome === "fail" || finding.outcome === "warn")
      .toSorted((left, right) => SEVERITY.indexOf(left.outcome) - SEVERITY.indexOf(right.outcome))
      .slice(0, FINDINGS_MAX)
      .map(({ says, remedy, outcome: of }) => ({ says, remedy, outcome: of }));
    const failures = outcome === "fail" ? (known?.failures ?? 0) + 1 : 0;
    return { number, name, outcome, seenMs: triedMs, triedMs, findings, failures };
  });
}
