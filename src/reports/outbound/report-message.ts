/** The message that a report travels in: a sentence for people, the report itself packed beside it. */
import { Buffer } from "node:buffer";
import { dateField, messageIdField } from "#mail/trace.ts";

export interface ReportMessage {
  readonly kind: "dmarc" | "tls";
  /** Whom it is about. */
  readonly domain: string;
  readonly hostname: string;
  readonly from: string;
  readonly to: string;
  readonly reportId: string;
  /** Seconds since the epoch. */
  readonly begin: number;
  readonly end: number;
  /** In gzip. */
  readonly packed: Uint8Array;
  /** Names the message: nobody uses it twice. */
  readonly id: string;
  readonly atMs: number;
}

const BASE64_LINE = 76;

const FORMS = {
  // RFC 9990 §3.5.2, RFC 6713.
  dmarc: { top: "multipart/mixed;", part: "application/gzip", extension: "xml.gz", what: "DMARC aggregate report" },
  // RFC 8460 §5.3, §6.2.
  tls: {
    top: 'multipart/report; report-type="tlsrpt";',
    part: "application/tlsrpt+gzip",
    extension: "json.gz",
    what: "TLS report",
  },
} as const;

/** RFC 5322, CRLF, seven bits. */
export function reportMessage(message: ReportMessage): Uint8Array {
  const { kind, domain, hostname, from, to, reportId, begin, end, packed, id, atMs } = message;
  const { top, part, extension, what } = FORMS[kind];
  const boundary = `=_${id}`;
  const name = `${hostname}!${domain}!${begin}!${end}.${extension}`;
  const tlsFields = kind === "tls" ? `TLS-Report-Domain: ${domain}\r\nTLS-Report-Submitter: ${hostname}\r\n` : "";
  const text = [
    `From: <${from}>\r\nTo: <${to}>\r\n`,
    `Subject: Report Domain: ${domain}\r\n Submitter: ${hostname}\r\n Report-ID: <${reportId}>\r\n`,
    dateField(atMs),
    messageIdField(id, hostname),
    tlsFields,
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
    `Content-Type: ${top}\r\n\tboundary="${boundary}"\r\n\r\n`,
    `--${boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n`,
    `${what} of ${hostname}\r\nabout ${domain}\r\nfor ${new Date(begin * 1000).toISOString().slice(0, 10)} (UTC).\r\n`,
    `\r\n--${boundary}\r\nContent-Type: ${part}\r\nContent-Transfer-Encoding: base64\r\n`,
    `Content-Disposition: attachment;\r\n\tfilename="${name}"\r\n\r\n`,
    base64(packed),
    `\r\n--${boundary}--\r\n`,
  ].join("");
  return Buffer.from(text, "latin1");
}

function base64(octets: Uint8Array): string {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += BASE64_LINE) lines.push(`${all.slice(at, at + BASE64_LINE)}\r\n`);
  return lines.join("");
}
