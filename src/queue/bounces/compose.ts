/**
 * A report as a message (RFC 3464, RFC 6522): what happened in words, the same for programs, and what of the original is
 * given back. Where addresses need it, in the forms of RFC 6533.
 */
import { Buffer } from "node:buffer";
import { dateField, dateTime, messageIdField } from "#mail/trace.ts";
import { RECIPIENTS_IN_TEXT_MAX } from "../limits.ts";
import { deliveryStatus, isAscii, oneLine } from "./delivery-status.ts";
import { explain } from "./explain.ts";
import type { Report, ReportedRecipient, ReportKind, ReportSurroundings } from "./report.ts";

/** Columns of the text. */
const COLUMNS = 76;

const SUBJECTS: Readonly<Record<ReportKind, string>> = {
  failed: "Your message was not delivered",
  delayed: "Your message is delayed",
  relayed: "Your message was passed on",
};

const OPENINGS: Readonly<Record<ReportKind, string>> = {
  failed: "Your message could not be delivered to everybody. It is given up for:",
  delayed:
    "Your message has not reached everybody yet. It is tried again by itself; you need not send it again. It waits for:",
  relayed: "Your message was passed on to a server that does not tell whether it arrived:",
};

/** Does it need SMTPUTF8 on its way? */
export function needsUtf8({ message, recipients }: Report): boolean {
  return message.utf8 || !isAscii(message.mailFrom) || recipients.some(({ recipient }) => !isAscii(recipient.address));
}

export function composeReport(report: Report, { hostname, id, original }: ReportSurroundings): Uint8Array {
  const { message, atMs } = report;
  const utf8 = needsUtf8(report);
  const boundary = `=_${id}`;
  const part = (type: string, content: string): string => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n${content}`;
  const references = original.messageId === null ? "" : oneLine(original.messageId);
  const head = [
    `From: Mail delivery <MAILER-DAEMON@${hostname}>\r\nTo: <${message.mailFrom}>\r\n`,
    `Subject: ${subject(report)}\r\n${dateField(atMs)}${messageIdField(id, hostname)}`,
    /^<[^<>\s]+>$/.test(references) ? `In-Reply-To: ${references}\r\nReferences: ${references}\r\n` : "",
    // RFC 3834 §5: nothing is to answer it.
    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
    `Content-Type: multipart/report; report-type=${utf8 ? "global-delivery-status" : "delivery-status"};\r\n`,
    `\tboundary="${boundary}"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`,
  ].join("");
  const body = [
    part("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", `${text(report, hostname)}\r\n`),
    part(
      utf8 ? "message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit" : "message/delivery-status",
      `${deliveryStatus(report, hostname, utf8)}\r\n`,
    ),
    part(`${returnedType(original.isWhole, utf8)}\r\nContent-Transfer-Encoding: 8bit`, ""),
  ].join("");
  return Buffer.concat([Buffer.from(head), Buffer.from(body), original.octets, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function returnedType(isWhole: boolean, utf8: boolean): string {
  if (isWhole) return utf8 ? "message/global" : "message/rfc822";
  return utf8 ? "message/global-headers" : "text/rfc822-headers";
}

function subject({ kind, recipients }: Report): string {
  const [only, ...others] = recipients;
  const address = only?.recipient.address ?? "";
  const isNamed = others.length === 0 && isAscii(address) && address.length <= 60;
  return isNamed ? `${SUBJECTS[kind]}: ${address}` : SUBJECTS[kind];
}

function text(report: Report, hostname: string): string {
  const { kind, recipients, message, untilMs } = report;
  const shown = recipients.slice(0, RECIPIENTS_IN_TEXT_MAX);
  const more = recipients.length - shown.length;
  const lines = [
    ...wrapped(OPENINGS[kind], ""),
    "",
    ...shown.flatMap((reported) => [...recipientLines(report, reported), ""]),
    ...(more > 0 ? [`  … and ${more} more, which the second part names.`, ""] : []),
    ...(kind === "delayed"
      ? [...wrapped(`If it cannot be delivered by ${dateTime(untilMs)}, you get another notice.`, ""), ""]
      : []),
    ...wrapped(
      `This notice is from the mail server ${hostname}, which took your message on ${dateTime(message.queuedAtMs)}.`,
      "",
    ),
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

function recipientLines({ kind }: Report, reported: ReportedRecipient): readonly string[] {
  const { recipient, reply } = reported;
  const words = oneLine(reply.text);
  const codes = [reply.code, reply.enhanced].filter((code) => code !== null).join(" ");
  const said = reply.byHost === null ? words : `${reply.byHost} said: ${codes} ${words}`;
  const doubt = recipient.isDoubtful
    ? wrapped("An earlier try ended without an answer: the message may have arrived all the same.", "    ")
    : [];
  if (kind === "relayed") return [`  ${recipient.address}`, ...wrapped(said, "    ")];
  const { what, remedy } = explain(reported, kind === "failed");
  return [
    `  ${recipient.address}`,
    ...wrapped(what, "    "),
    ...wrapped(remedy, "    "),
    ...doubt,
    ...wrapped(said, "    "),
  ];
}

function wrapped(words: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words.split(" ").flatMap(pieces)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(indent + line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** No line gets longer than mail allows, whatever the other side said. */
function pieces(word: string): readonly string[] {
  return word.match(new RegExp(`.{1,${COLUMNS * 4}}`, "gu")) ?? [""];
}
