/** Reads what others say of TLS with our servers (RFC 8460 §4.4). JSON of strangers: nothing in it is taken for what it claims to be. */
import { isModestJson } from "./json-shape.ts";
import { REPORT_TEXT_MAX, TLS_FAILURES_MAX, TLS_POLICIES_MAX } from "./limits.ts";
import { reportCount, reportDomain, reportText } from "./plain-text.ts";
import type { TlsReport, TlsReportFailure, TlsReportPolicy } from "./report.ts";

type Values = Readonly<Record<string, unknown>>;

/** Undefined: not JSON, made to be slow to read, or no report with a period and a policy. */
export function readTlsReport(json: string): TlsReport | undefined {
  const report = valuesOf(parsed(json));
  const range = valuesOf(report["date-range"]);
  const begin = secondsOf(range["start-datetime"]);
  const end = secondsOf(range["end-datetime"]);
  const policies = listOf(report["policies"]).slice(0, TLS_POLICIES_MAX).map(policyOf);
  if (begin === undefined || end === undefined || !policies.some(({ domain }) => domain !== "")) return undefined;
  return {
    kind: "tls",
    reporter: textOf(report["organization-name"]),
    reportId: textOf(report["report-id"]),
    begin,
    end,
    policies,
  };
}

function policyOf(value: unknown): TlsReportPolicy {
  const { policy, summary, "failure-details": details } = valuesOf(value);
  const { "policy-type": type, "policy-domain": domain } = valuesOf(policy);
  const { "total-successful-session-count": successes, "total-failure-session-count": failures } = valuesOf(summary);
  return {
    type: textOf(type),
    domain: typeof domain === "string" ? reportDomain(domain) : "",
    successes: reportCount(successes),
    failures: reportCount(failures),
    details: listOf(details).slice(0, TLS_FAILURES_MAX).map(failureOf),
  };
}

function failureOf(value: unknown): TlsReportFailure {
  const failure = valuesOf(value);
  return {
    type: textOf(failure["result-type"]),
    mx: textOf(failure["receiving-mx-hostname"]),
    sendingIp: textOf(failure["sending-mta-ip"]),
    count: reportCount(failure["failed-session-count"]),
    reason: textOf(failure["failure-reason-code"]) || textOf(failure["additional-information"]),
  };
}

function parsed(json: string): unknown {
  if (!isModestJson(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function valuesOf(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? reportText(value.slice(0, 4 * REPORT_TEXT_MAX)) : "";
}

/** RFC 3339. */
function secondsOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value.slice(0, 64)) : Number.NaN;
  return ms >= 0 ? Math.floor(ms / 1000) : undefined;
}
