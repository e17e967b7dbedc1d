/** TLS results between the delivery that counts them and the report to the domain (RFC 8460 §4): as rows of the store, and as JSON. */
import type { ReportTally } from "#store/report-rows.ts";

/** What came of TLS with one domain on one day. */
export interface TlsCount {
  readonly day: string;
  readonly domain: string;
  readonly policy: "tlsa" | "sts" | "no-policy-found";
  readonly applied: QuotedPolicy | undefined;
  readonly successes: number;
  /** All of them; `details` may leave some out. */
  readonly failures: number;
  readonly details: readonly TlsFailureCount[];
}

/** RFC 8460 §4.4: `policy-domain`, `policy-string`, `mx-host`. */
interface QuotedPolicy {
  readonly domain: string;
  readonly lines: readonly string[];
  readonly mx: readonly string[];
}

interface TlsFailureCount extends TlsFailureFacts {
  readonly count: number;
}

interface TlsFailureFacts {
  /** RFC 8460 §4.3. */
  readonly type: string;
  readonly code: string;
  readonly mxName: string;
  readonly mxAddress: string;
  readonly ownAddress: string;
}

interface TlsFacts {
  readonly policy: TlsCount["policy"];
  readonly applied?: QuotedPolicy;
  /** Null: it went well. `further`: it did not, in ways that are not told apart any more. */
  readonly failure: TlsFailureFacts | "further" | null;
}

export function tlsTallies(counts: readonly TlsCount[]): readonly ReportTally[] {
  return counts.flatMap(({ day, domain, policy, applied, successes, failures, details }) => {
    const row = (failure: TlsFacts["failure"], count: number): ReportTally => {
      const facts: TlsFacts = { policy, ...(applied === undefined ? {} : { applied }), failure };
      return { kind: "tls", day, domain, facts: JSON.stringify(facts), count };
    };
    const toldApart = details.map(({ count, type, code, mxName, mxAddress, ownAddress }) =>
      row({ type, code, mxName, mxAddress, ownAddress }, count),
    );
    const further = failures - details.reduce((sum, { count }) => sum + count, 0);
    return [row(null, successes), ...toldApart, row("further", further)].filter(({ count }) => count > 0);
  });
}

export interface TlsReporter {
  readonly organization: string;
  readonly contact: string;
  readonly reportId: string;
  readonly day: string;
}

interface PolicyTallies extends Pick<TlsFacts, "policy"> {
  readonly domain: string;
  readonly applied: QuotedPolicy | undefined;
  readonly tallies: ReportTally[];
}

/** RFC 8460 §4.4. @param tallies of one domain and day. */
export function tlsReportJson(tallies: readonly ReportTally[], { organization, contact, reportId, day }: TlsReporter) {
  const policies = new Map<string, PolicyTallies>();
  for (const tally of tallies) {
    const { policy, applied } = JSON.parse(tally.facts) as TlsFacts;
    const key = JSON.stringify([policy, applied]);
    const known = policies.get(key) ?? { domain: tally.domain, policy, applied, tallies: [] };
    known.tallies.push(tally);
    policies.set(key, known);
  }
  return {
    "organization-name": organization,
    "date-range": { "start-datetime": `${day}T00:00:00Z`, "end-datetime": `${day}T23:59:59Z` },
    "contact-info": contact,
    "report-id": reportId,
    policies: [...policies.values()].map(policyJson),
  };
}

/** @param tallies of this policy. */
function policyJson({ domain, policy, applied, tallies }: PolicyTallies) {
  const rows = tallies.map(({ facts, count }) => ({ failure: (JSON.parse(facts) as TlsFacts).failure, count }));
  const sum = (isFailure: boolean): number =>
    rows.reduce((total, { failure, count }) => ((failure !== null) === isFailure ? total + count : total), 0);
  const details = rows.flatMap(({ failure, count }) =>
    failure === null || failure === "further" ? [] : [failureJson(failure, count)],
  );
  return {
    policy: {
      "policy-type": policy,
      ...(applied === undefined || applied.lines.length === 0 ? {} : { "policy-string": applied.lines }),
      "policy-domain": applied?.domain ?? domain,
      ...(applied === undefined || applied.mx.length === 0 ? {} : { "mx-host": applied.mx }),
    },
    summary: { "total-successful-session-count": sum(false), "total-failure-session-count": sum(true) },
    ...(details.length === 0 ? {} : { "failure-details": details }),
  };
}

function failureJson({ type, code, mxName, mxAddress, ownAddress }: TlsFailureFacts, count: number) {
  return {
    "result-type": type,
    // A connection that never was has no address of ours.
    ...(ownAddress === "" ? {} : { "sending-mta-ip": ownAddress }),
    "receiving-mx-hostname": mxName,
    ...(mxAddress === "" ? {} : { "receiving-ip": mxAddress }),
    "failed-session-count": count,
    ...(code === "" ? {} : { "failure-reason-code": code }),
  };
}
