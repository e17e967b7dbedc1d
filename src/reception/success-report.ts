/** The report a sender asked for with NOTIFY=SUCCESS (RFC 3461 §6.2, RFC 3464): the message is in the recipient's mailbox. */
import { Buffer } from "node:buffer";
import { formatMailbox, type Mailbox } from "#mail/address.ts";
import { dateField, dateTime, messageIdField } from "#mail/trace.ts";
import { decodeXtext } from "#mail/xtext.ts";
import type { RecipientRequest } from "#protocol/smtp/transaction.ts";

export interface SuccessReport {
  /** Who asked. */
  readonly sender: Mailbox;
  /** Those whose mailbox has the message and for whom it was asked. */
  readonly recipients: readonly RecipientRequest[];
  /** ENVID in xtext as received. */
  readonly envelopeId: string | undefined;
  /** The message's own header, its empty line included. */
  readonly header: readonly Uint8Array[];
  readonly hostname: string;
  readonly id: string;
  readonly atMs: number;
}

/** Octets of the original header that are sent back. */
const RETURNED_HEADER_OCTETS_MAX = 16 * 1024;

export function successReport(report: SuccessReport): Uint8Array {
  const { sender, recipients, hostname, id, atMs } = report;
  const boundary = `=_${id}`;
  const part = (type: string, text: string): string => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n${text}`;
  const names = recipients.map((recipient) => `  ${finalRecipient(recipient, hostname)}\r\n`).join("");
  const text = [
    `From: Mail delivery <MAILER-DAEMON@${hostname}>\r\nTo: <${formatMailbox(sender)}>\r\n`,
    `Subject: Your message was delivered\r\n${dateField(atMs)}${messageIdField(id, hostname)}`,
    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"\r\n\r\n`,
    part("text/plain; charset=utf-8", `Your message is in the mailbox of\r\n\r\n${names}\r\n`),
    part(
      "message/delivery-status",
      `${messageFields(report)}\r\n${recipients.map((one) => recipientFields(one, report)).join("\r\n")}\r\n`,
    ),
    part("text/rfc822-headers", ""),
  ].join("");
  return Buffer.concat([Buffer.from(text), returnedHeader(report.header), Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function messageFields({ hostname, envelopeId, atMs }: SuccessReport): string {
  const original = envelopeId === undefined ? "" : `Original-Envelope-Id: ${decodeXtext(envelopeId)}\r\n`;
  return `${original}Reporting-MTA: dns; ${hostname}\r\nArrival-Date: ${dateTime(atMs)}\r\n`;
}

function recipientFields(recipient: RecipientRequest, { hostname }: SuccessReport): string {
  const [type = "", address = ""] = recipient.originalRecipient?.split(/;(.*)/s) ?? [];
  const original = type === "" ? "" : `Original-Recipient: ${type}; ${decodeXtext(address)}\r\n`;
  return `${original}Final-Recipient: rfc822; ${finalRecipient(recipient, hostname)}\r\nAction: delivered\r\nStatus: 2.0.0\r\n`;
}

function finalRecipient({ path }: RecipientRequest, hostname: string): string {
  return path === "postmaster" ? `postmaster@${hostname}` : formatMailbox(path);
}

/** Whole lines of the header, as far as the bound goes; no line of it can be taken for a boundary, which nobody could guess. */
function returnedHeader(header: readonly Uint8Array[]): Uint8Array {
  const all = Buffer.concat(header);
  if (all.length <= RETURNED_HEADER_OCTETS_MAX) return all;
  const end = all.lastIndexOf("\r\n", RETURNED_HEADER_OCTETS_MAX);
  return end === -1 ? Buffer.alloc(0) : all.subarray(0, end + 2);
}
