/** What is found of a report without reading it again: whom it is about, its sums, and what tells it from others. */
import { domainOf } from "#mail/reports/plain-text.ts";
import type { Report } from "#mail/reports/report.ts";
import type { NewReport } from "#store/report-rows.ts";

export interface Arrival {
  /** The message's own name here: what tells reports apart that have none. */
  readonly message: string;
  readonly receivedMs: number;
  /** Domain of the author, and whether it stands behind the message. */
  readonly sender: string;
  readonly isProven: boolean;
}

type About = Pick<NewReport, "domain" | "reporter" | "key" | "beginMs" | "endMs" | "total" | "failed">;

export function reportRow(report: Report, { message, receivedMs, sender, isProven }: Arrival): NewReport {
  const about = aboutOf(report, message, receivedMs);
  // Nobody can keep a report away by sending one with its name before: of whom nothing is proven, the name counts for nothing.
  const key = isProven ? `${report.kind} ${sender} ${about.key}` : `${report.kind} unproven ${message}`;
  return { kind: report.kind, ...about, key, receivedMs, sender, isProven, report: JSON.stringify(report) };
}

function aboutOf(report: Report, message: string, receivedMs: number): About {
  const now = { beginMs: receivedMs, endMs: receivedMs };
  switch (report.kind) {
    case "dmarc": {
      const { domain, reporter, reportId, messages, failed } = report;
      return { domain, reporter, key: `${domain} ${reportId}`, ...period(report), total: messages, failed };
    }
    case "tls": {
      const { reporter, reportId, policies } = report;
      // RFC 8460 §1.1: under DANE a policy's domain is the name of a host.
      const domain = (policies.find(({ type }) => type !== "tlsa") ?? policies[0])?.domain ?? "";
      const failed = policies.reduce((sum, { failures }) => sum + failures, 0);
      const total = policies.reduce((sum, { successes }) => sum + successes, failed);
      return { domain, reporter, key: `${domain} ${reportId}`, ...period(report), total, failed };
    }
    case "bounce": {
      const { reportingMta: reporter, recipients, recipientsLeftOut } = report;
      // It came to the one who sent; whom it is about is the recipient.
      const domain = domainOf(recipients[0]?.address ?? "");
      const failed = recipients.filter(({ action }) => action === "failed").length;
      return { domain, reporter, key: message, ...now, total: recipients.length + recipientsLeftOut, failed };
    }
    case "arf": {
      const { domain, reporter, incidents } = report;
      return { domain, reporter, key: message, ...now, total: incidents, failed: incidents };
    }
  }
}

function period({ begin, end }: { readonly begin: number; readonly end: number }): Pick<About, "beginMs" | "endMs"> {
  return { beginMs: begin * 1000, endMs: end * 1000 };
}
