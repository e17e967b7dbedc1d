/** Writes aggregate reports: the XML of RFC 9990 §3.1, its elements in the order that the schema wants. */

import type { CollectedReport, CountedFacts } from "./aggregate-collector.ts";
import { tagOf } from "./report-address.ts";

export interface AggregateReporter {
  readonly organization: string;
  readonly email: string;
  readonly reportId: string;
  /** Seconds since the epoch. */
  readonly begin: number;
  readonly end: number;
}

export function aggregateXml(report: CollectedReport, reporter: AggregateReporter): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">\n',
    element("version", "1.0"),
    metadata(reporter, report.messagesLeftOut),
    policyPublished(report),
    ...report.rows.map(record),
    "</feedback>\n",
  ].join("");
}

function metadata({ organization, email, reportId, begin, end }: AggregateReporter, leftOut: number): string {
  return group("report_metadata", [
    element("org_name", organization),
    element("email", email),
    element("report_id", reportId),
    group("date_range", [element("begin", String(begin)), element("end", String(end))]),
    leftOut === 0 ? "" : element("error", `${leftOut} messages of further sources are left out`),
    element("generator", "Postern"),
  ]);
}

function policyPublished({ domain, published }: CollectedReport): string {
  const { text, p, sp, np, dkimAlignment, spfAlignment, isTesting } = published;
  const fo = tagOf(text, "fo") ?? "";
  return group("policy_published", [
    element("domain", domain),
    element("discovery_method", "treewalk"),
    element("p", p),
    sp === undefined ? "" : element("sp", sp),
    np === undefined ? "" : element("np", np),
    // RFC 9989 §4.7: of these, with colons between them.
    /^[01ds](?::[01ds]){0,3}$/.test(fo) ? element("fo", fo) : "",
    element("adkim", dkimAlignment === "strict" ? "s" : "r"),
    element("aspf", spfAlignment === "strict" ? "s" : "r"),
    element("testing", isTesting ? "y" : "n"),
  ]);
}

function record({ facts, count }: CountedFacts): string {
  const { sourceIp, disposition, dkim, spf, reasons, headerFrom, envelopeFrom, signatures, spfResult } = facts;
  return group("record", [
    group("row", [
      element("source_ip", sourceIp),
      element("count", String(count)),
      group("policy_evaluated", [
        element("disposition", disposition),
        element("dkim", dkim ? "pass" : "fail"),
        element("spf", spf ? "pass" : "fail"),
        ...reasons.map(({ type, comment }) =>
          group("reason", [element("type", type), comment === "" ? "" : element("comment", comment)]),
        ),
      ]),
    ]),
    group("identifiers", [
      element("header_from", headerFrom),
      envelopeFrom === undefined ? "" : element("envelope_from", envelopeFrom),
    ]),
    group("auth_results", [
      ...signatures.map(({ domain, selector, result, problem }) =>
        group("dkim", [
          element("domain", domain),
          element("selector", selector),
          element("result", result),
          problem === "" ? "" : element("human_result", problem),
        ]),
      ),
      spfResult === undefined
        ? ""
        : group("spf", [
            element("domain", spfResult.domain),
            element("scope", "mfrom"),
            element("result", spfResult.result),
          ]),
    ]),
  ]);
}

function group(name: string, parts: readonly string[]): string {
  return `<${name}>\n${parts.join("")}</${name}>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** What XML cannot hold is a question mark: it was said by strangers. */
function element(name: string, text: string): string {
  const safe = text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "?")
    .replace(/[&<>]/g, (character) => ESCAPES[character] ?? "?");
  return `<${name}>${safe}</${name}>\n`;
}
