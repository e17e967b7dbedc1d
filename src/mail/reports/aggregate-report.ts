/** Reads what others say of mail in the name of our domains: DMARC aggregate reports (RFC 9990 §3.1, and RFC 7489 appendix C). */
import { parseIpAddress } from "../ip-address.ts";
import { failed, ok, type Result } from "../result.ts";
import { AGGREGATE_ROWS_MAX } from "./limits.ts";
import { reportCount, reportDomain, reportSeconds, reportText } from "./plain-text.ts";
import type { AggregateReport, AggregateRow } from "./report.ts";
import { childAt, childrenOf, readChildren, type XmlElement, type XmlProblem } from "./xml-elements.ts";

/** DKIM results of a row that are kept, and reasons. */
const RESULTS_MAX = 5;

export type AggregateProblem = XmlProblem | "no-domain" | "no-period";

/** In steps: see `readChildren`. Reports of both standards, with and without their namespace. */
export function* readAggregateReport(xml: string): Generator<void, Result<AggregateReport, AggregateProblem>> {
  let metadata: XmlElement | undefined;
  let published: XmlElement | undefined;
  const rows = new FailingFirst();
  const read = yield* readChildren(xml, "feedback", (child) => {
    if (child.name === "report_metadata") metadata ??= child;
    if (child.name === "policy_published") published ??= child;
    if (child.name === "record") rows.add(rowOf(child));
  });
  if (!read.ok) return read;
  const domain = reportDomain(childAt(published, "domain")?.text);
  if (domain === "") return failed("no-domain");
  const begin = reportSeconds(childAt(metadata, "date_range", "begin")?.text);
  const end = reportSeconds(childAt(metadata, "date_range", "end")?.text);
  if (begin === undefined || end === undefined) return failed("no-period");
  return ok({
    kind: "dmarc",
    reporter: reportText(childAt(metadata, "org_name")?.text),
    email: reportText(childAt(metadata, "email")?.text),
    reportId: reportText(childAt(metadata, "report_id")?.text),
    begin,
    end,
    domain,
    policy: reportText(childAt(published, "p")?.text),
    ...rows.result(),
  });
}

function rowOf(record: XmlElement): AggregateRow {
  const row = childAt(record, "row");
  const evaluated = childAt(row, "policy_evaluated");
  const results = childAt(record, "auth_results");
  // RFC 7489 has `identities` in its text and `identifiers` in its schema: both are sent.
  const identifiers = childAt(record, "identifiers") ?? childAt(record, "identities");
  const source = reportText(childAt(row, "source_ip")?.text);
  return {
    sourceIp: parseIpAddress(source) ?? source,
    count: reportCount(childAt(row, "count")?.text),
    disposition: reportText(childAt(evaluated, "disposition")?.text).toLowerCase(),
    dkim: isPass(childAt(evaluated, "dkim")),
    spf: isPass(childAt(evaluated, "spf")),
    headerFrom: reportDomain(childAt(identifiers, "header_from")?.text),
    envelopeFrom: reportDomain(childAt(identifiers, "envelope_from")?.text),
    reasons: childrenOf(evaluated, "reason").slice(0, RESULTS_MAX).map(reasonOf),
    dkimResults: childrenOf(results, "dkim").slice(0, RESULTS_MAX).map(resultOf),
    spfResult: childrenOf(results, "spf").slice(0, 1).map(resultOf).join(""),
  };
}

function isPass(element: XmlElement | undefined): boolean {
  return element?.text.trim().toLowerCase() === "pass";
}

function reasonOf(reason: XmlElement): string {
  const comment = reportText(childAt(reason, "comment")?.text);
  return `${reportText(childAt(reason, "type")?.text)}${comment === "" ? "" : `: ${comment}`}`;
}

function resultOf(result: XmlElement): string {
  return `${reportDomain(childAt(result, "domain")?.text)}=${reportText(childAt(result, "result")?.text).toLowerCase()}`;
}

/** Keeps the rows that matter: those that fail before those that pass, many messages before few. */
class FailingFirst {
  #rows: AggregateRow[] = [];
  #leftOut = 0;
  #messages = 0;
  #failed = 0;

  add(row: AggregateRow): void {
    this.#messages += row.count;
    if (isFailing(row)) this.#failed += row.count;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * AGGREGATE_ROWS_MAX) this.#cut();
  }

  result(): Pick<AggregateReport, "messages" | "failed" | "rows" | "rowsLeftOut"> {
    this.#cut();
    return { messages: this.#messages, failed: this.#failed, rows: this.#rows, rowsLeftOut: this.#leftOut };
  }

  #cut(): void {
    this.#rows.sort((one, other) => Number(isFailing(other)) - Number(isFailing(one)) || other.count - one.count);
    this.#leftOut += Math.max(0, this.#rows.length - AGGREGATE_ROWS_MAX);
    this.#rows = this.#rows.slice(0, AGGREGATE_ROWS_MAX);
  }
}

/** One aligned pass is a pass, whatever other signatures say (RFC 9989 §5.1). */
export function isFailing({ dkim, spf }: Pick<AggregateRow, "dkim" | "spf">): boolean {
  return !dkim && !spf;
}
