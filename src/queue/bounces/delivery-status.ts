/** The part of a report that programs read (RFC 3464 §2, RFC 6533 §3). What others said is folded, and holds no line end. */
import { dateTime } from "#mail/trace.ts";
import { decodeXtext } from "#mail/xtext.ts";
import { statusOf } from "./explain.ts";
import type { Report, ReportedRecipient } from "./report.ts";

/** Characters a line is folded at. */
const FOLD_AT = 900;

export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** @param utf8 addresses stand as they are; otherwise what is not ASCII is written as RFC 6533 §3 says. */
export function deliveryStatus(report: Report, hostname: string, utf8: boolean): string {
  const { message, recipients } = report;
  const envelopeId =
    message.envelopeId === undefined ? [] : [`Original-Envelope-Id: ${decodeXtext(message.envelopeId)}`];
  const fields = [...envelopeId, `Reporting-MTA: dns; ${hostname}`, `Arrival-Date: ${dateTime(message.queuedAtMs)}`];
  const groups = [fields, ...recipients.map((recipient) => recipientFields(report, recipient, utf8))];
  return groups.map((group) => group.map((field) => `${folded(field)}\r\n`).join("")).join("\r\n");
}

function recipientFields(report: Report, reported: ReportedRecipient, utf8: boolean): readonly string[] {
  const { kind, atMs, untilMs } = report;
  const { recipient, reply } = reported;
  const original = recipient.originalRecipient === undefined ? [] : [originalField(recipient.originalRecipient)];
  return [
    ...original,
    `Final-Recipient: ${typedAddress(recipient.address, utf8)}`,
    `Action: ${kind}`,
    `Status: ${status(report, reported)}`,
    ...(reply.byHost === null ? [] : [`Remote-MTA: dns; ${reply.byHost}`]),
    `Diagnostic-Code: ${diagnostic(reported)}`,
    `Last-Attempt-Date: ${dateTime(atMs)}`,
    ...(kind === "delayed" ? [`Will-Retry-Until: ${dateTime(untilMs)}`] : []),
  ];
}

function originalField(orcpt: string): string {
  const [type = "", address = ""] = orcpt.split(/;(.*)/s);
  return `Original-Recipient: ${type}; ${decodeXtext(address)}`;
}

function typedAddress(address: string, utf8: boolean): string {
  if (isAscii(address)) return `rfc822; ${address}`;
  if (utf8) return `utf-8; ${address}`;
  return `utf-8; ${address.replace(/[^ -~]|[+=\\]/gu, (character) => `\\x{${character.codePointAt(0)?.toString(16).toUpperCase() ?? ""}}`)}`;
}

function status({ kind }: Report, { reply, isExpired }: ReportedRecipient): string {
  switch (kind) {
    case "relayed":
      return statusOf(reply, "2");
    case "delayed":
      return statusOf(reply, "4");
    case "failed":
      // RFC 3463 §3.5: delivery time expired.
      return isExpired ? "5.4.7" : statusOf(reply, "5");
  }
}

function diagnostic({ reply: { code, enhanced, text } }: ReportedRecipient): string {
  const words = oneLine(text);
  if (code === null) return `x-postern; ${words}`;
  return `smtp; ${[String(code), ...(enhanced === null ? [] : [enhanced]), words].join(" ")}`;
}

/** ASCII without control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, " ")
    .replace(/[^ -~]/g, "?")
    .trim();
}

/** RFC 5322 §2.2.3. */
function folded(field: string): string {
  const lines: string[] = [];
  for (let rest = field; ; ) {
    if (rest.length <= FOLD_AT) return [...lines, rest].join("\r\n ");
    const at = rest.lastIndexOf(" ", FOLD_AT);
    const cut = at > 0 ? at : FOLD_AT;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
}
