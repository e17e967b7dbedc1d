/** What an audit says: the ten protections, each with what was seen, why it matters and what to do. Plain data, also as JSON. */

/**
 * - `pass`: looked at, and as it should be.
 * - `warn`: works, and could do harm or fail soon.
 * - `fail`: a hole, or mail is being lost.
 * - `unknown`: could not be checked: an error in the way is never a finding.
 */
export type Outcome = "pass" | "warn" | "fail" | "unknown";

/** Stable words for scripts, by protection. */
export const CHECKS = [
  "relay",
  "relay-open",
  "relay-temporary",
  "relay-routing",
  "relay-self-test",
  "smuggling",
  "listed-address",
  "lists-used",
  "own-block-list",
  "smtp-auth",
  "auth-in-clear",
  "auth-on-mx",
  "submission",
  "submission-auth",
  "spf",
  "spf-several",
  "spf-lookups",
  "spf-syntax",
  "spf-all",
  "dkim",
  "dkim-key",
  "dkim-own",
  "dmarc",
  "dmarc-several",
  "dmarc-policy",
  "dmarc-old-readers",
  "tls",
  "no-tls",
  "preauth",
  "clear-login",
  "tls-versions",
  "tls-old",
  "starttls-injection",
  "certificate",
  "tls-policy",
  "mta-sts",
  "dane",
  "tls-reports",
  "caa",
  "listed-domain",
  "uri-lists-used",
  "limits",
  "limits-inside",
  "reverse-dns",
  "reverse-dns-generic",
  "banner",
  "mx",
  "mx-null",
  "mx-one",
  "mx-alias",
  "mx-address",
  "mx-private",
  "mx-independent",
  "mx-same",
  "mx-same-network",
  "mx-answers",
  "unknown-recipient",
  "postmaster",
] as const;

export type CheckId = (typeof CHECKS)[number] | `list-health-${string}`;

export interface Finding {
  /** Stable word for scripts: `relay-routing`, `spf-lookups`. */
  readonly check: CheckId;
  readonly outcome: Outcome;
  /** One sentence: what is so. */
  readonly says: string;
  /** What was seen, line by line: records, replies. Foreign text, printable. */
  readonly evidence: readonly string[];
  /** For all but `pass`: what to do. */
  readonly remedy: string | undefined;
}

export interface ProtectionReport {
  /** 1 to 10. */
  readonly number: number;
  readonly name: string;
  /** The worst of its findings; `unknown` only where nothing is worse and nothing passed. */
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
}

export interface AuditReport {
  readonly domain: string;
  readonly atMs: number;
  /** Who was looked at: `mx1.example.com (192.0.2.1)`. */
  readonly hosts: readonly string[];
  readonly protections: readonly ProtectionReport[];
}

/** In the order of `protections`. */
export const PROTECTION_NAMES = [
  "relay control",
  "DNS block lists",
  "own block list",
  "SMTP AUTH",
  "SPF, DKIM, DMARC, ARC",
  "TLS",
  "URI block lists",
  "connection limits",
  "reverse DNS and HELO",
  "two MX and failover",
] as const;

const SEVERITY: Readonly<Record<Outcome, number>> = { pass: 0, unknown: 1, warn: 2, fail: 3 };

/** The worst; what could not be checked beside something that passed leaves it at `pass`. */
export function worst(findings: readonly Finding[]): Outcome {
  const outcomes = findings.map(({ outcome }) => outcome);
  const known = outcomes.filter((outcome) => outcome !== "unknown");
  const judged = known.length > 0 ? known : outcomes;
  return judged.toSorted((left, right) => SEVERITY[right] - SEVERITY[left])[0] ?? "unknown";
}

export function passed(check: CheckId, says: string, evidence: readonly string[] = []): Finding {
  return { check, outcome: "pass", says, evidence, remedy: undefined };
}

export function found(
  outcome: "warn" | "fail",
  check: CheckId,
  says: string,
  about: { readonly evidence?: readonly string[]; readonly remedy: string },
): Finding {
  return { check, outcome, says, evidence: about.evidence ?? [], remedy: about.remedy };
}

/** @param why one sentence. */
export function notChecked(check: CheckId, why: string, remedy: string, evidence: readonly string[] = []): Finding {
  return { check, outcome: "unknown", says: why, evidence, remedy };
}
