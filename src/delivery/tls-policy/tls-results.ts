/** Counts what came of TLS with each domain on each day: what a report to it will say (RFC 8460 §4). No I/O. */
import type { AppliedPolicy } from "./applied-policy.ts";
import { REPORT_DAYS_MAX, REPORT_DOMAINS_MAX, REPORT_FAILURES_MAX } from "./limits.ts";

export type ReportedPolicy = "tlsa" | "sts" | "no-policy-found";

/** RFC 8460 §4.3. */
export type ResultType =
  | "starttls-not-supported"
  | "certificate-host-mismatch"
  | "certificate-expired"
  | "certificate-not-trusted"
  | "validation-failure"
  | "tlsa-invalid"
  | "dnssec-invalid"
  | "dane-required"
  | "sts-policy-fetch-error"
  | "sts-policy-invalid"
  | "sts-webpki-invalid";

export interface TlsResult {
  /** Whose policy it is: the domain of the recipients. */
  readonly domain: string;
  readonly policy: ReportedPolicy;
  /** Undefined: there is none, or it could not be had. */
  readonly applied: AppliedPolicy | undefined;
  readonly mxName: string;
  readonly mxAddress: string;
  /** Our address in that connection. */
  readonly ownAddress: string;
  /** Undefined: it went well. */
  readonly failure: { readonly type: ResultType; readonly code: string } | undefined;
}

export interface PolicyResults {
  /** `2030-01-31`, UTC (RFC 8460 §4.1). */
  readonly day: string;
  readonly domain: string;
  readonly policy: ReportedPolicy;
  readonly applied: AppliedPolicy | undefined;
  readonly successes: number;
  readonly failures: number;
  readonly details: readonly FailureDetail[];
}

export interface FailureDetail {
  readonly type: ResultType;
  readonly code: string;
  readonly mxName: string;
  readonly mxAddress: string;
  readonly ownAddress: string;
  readonly count: number;
}

interface Counted extends Pick<PolicyResults, "domain" | "policy" | "applied"> {
  successes: number;
  failures: number;
  readonly details: Map<string, FailureDetail>;
}

export class TlsResults {
  /** By day, then by domain and policy, another for each that was published meanwhile. */
  readonly #days = new Map<string, Map<string, Counted>>();

  /** @param nowMs milliseconds since the epoch. */
  add(result: TlsResult, nowMs: number): void {
    const day = this.#day(new Date(nowMs).toISOString().slice(0, 10));
    const { policy, domain, applied } = result;
    const key = JSON.stringify([policy, domain, applied]);
    let counted = day.get(key);
    if (counted === undefined) {
      if (day.size >= REPORT_DOMAINS_MAX) return;
      counted = { policy, domain, applied, successes: 0, failures: 0, details: new Map() };
      day.set(key, counted);
    }
    if (result.failure === undefined) counted.successes++;
    else countFailure(counted, result, result.failure);
  }

  /** Of all days that are kept, oldest first. */
  results(): readonly PolicyResults[] {
    return [...this.#days].flatMap(([day, counts]) =>
      [...counts.values()].map((counted) => ({ ...counted, day, details: [...counted.details.values()] })),
    );
  }

  /** The same, and forgets them: whoever takes them keeps them. */
  take(): readonly PolicyResults[] {
    const results = this.results();
    this.#days.clear();
    return results;
  }

  #day(name: string): Map<string, Counted> {
    const known = this.#days.get(name);
    if (known !== undefined) return known;
    const day = new Map<string, Counted>();
    this.#days.set(name, day);
    for (const oldest of this.#days.keys()) {
      if (this.#days.size <= REPORT_DAYS_MAX) break;
      this.#days.delete(oldest);
    }
    return day;
  }
}

function countFailure(counted: Counted, result: TlsResult, { type, code }: NonNullable<TlsResult["failure"]>): void {
  const { mxName, mxAddress, ownAddress } = result;
  counted.failures++;
  const { details } = counted;
  const key = [type, code, mxName, mxAddress, ownAddress].join(" ");
  const known = details.get(key);
  if (known === undefined && details.size >= REPORT_FAILURES_MAX) return;
  details.set(key, { type, code, mxName, mxAddress, ownAddress, count: (known?.count ?? 0) + 1 });
}
