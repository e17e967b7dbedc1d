/** Trace fields (RFC 5321 §4.4): where a message came in, from whom, how protected. One call a field, each whole with its CRLF. */
import { Buffer } from "node:buffer";
import { formatMailbox, formatPath, type Mailbox, type ReversePath } from "./address.ts";

export interface ReceivedFacts {
  /** As the client called itself; what is not a name or literal is left out. */
  readonly clientName: string;
  /** The client's IP address, or `unix:…` for a local socket. */
  readonly clientAddress: string;
  readonly hostname: string;
  readonly transmission: string;
  readonly tls: { readonly version: string; readonly cipher: string } | undefined;
  readonly id: string;
  /** Only when the message has one recipient: nobody learns of another (RFC 5321 §7.2). */
  readonly recipient: Mailbox | undefined;
  readonly atMs: number;
}

export function receivedField(facts: ReceivedFacts): string {
  const { tls, recipient } = facts;
  const name = /^[A-Za-z0-9._:[\]-]+$/.test(facts.clientName) ? facts.clientName : "unknown";
  const protection = tls === undefined ? "" : ` (${commentText(`${tls.version} ${tls.cipher}`)})`;
  const forWhom = recipient === undefined ? "" : `\r\n\tfor <${formatMailbox(recipient)}>`;
  return (
    `Received: from ${name} (${clientInfo(facts.clientAddress)})\r\n` +
    `\tby ${facts.hostname} with ${facts.transmission}${protection}\r\n` +
    `\tid ${facts.id}${forWhom};\r\n` +
    `\t${dateTime(facts.atMs)}\r\n`
  );
}

/** TCP-info of RFC 5321 §4.4: an address literal. */
function clientInfo(address: string): string {
  if (address.startsWith("unix:")) return "local socket";
  return address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
}

/** Nothing in it ends the comment or the line. */
function commentText(text: string): string {
  return text.replace(/[^\w.+\- ]/g, "");
}

export interface Transmission {
  readonly protocol: "smtp" | "lmtp";
  readonly extended: boolean;
  readonly tls: boolean;
  readonly authenticated: boolean;
  readonly utf8: boolean;
}

/** The word after `with`: RFC 3848, and RFC 6531 §4.3 where SMTPUTF8 was asked for. */
export function transmissionType({ protocol, extended, tls, authenticated, utf8 }: Transmission): string {
  const suffix = `${tls ? "S" : ""}${authenticated ? "A" : ""}`;
  if (protocol === "lmtp") return `${utf8 ? "UTF8" : ""}LMTP${suffix}`;
  if (utf8) return `UTF8SMTP${suffix}`;
  return extended ? `ESMTP${suffix}` : "SMTP";
}

/** Only at the final delivery: the sender's own is taken away before. */
export function returnPathField(path: ReversePath): string {
  return `Return-Path: ${formatPath(path)}\r\n`;
}

export function dateField(atMs: number): string {
  return `Date: ${dateTime(atMs)}\r\n`;
}

/** `id` is one nobody uses twice (RFC 5322 §3.6.4). */
export function messageIdField(id: string, hostname: string): string {
  return `Message-ID: <${id}@${hostname}>\r\n`;
}

export function fromField(mailbox: Mailbox): string {
  return `From: ${formatMailbox(mailbox)}\r\n`;
}

/** RFC 5322 §3.3, in UTC. */
export function dateTime(atMs: number): string {
  return new Date(atMs).toUTCString().replace("GMT", "+0000");
}

export function fieldOctets(fields: readonly string[]): Uint8Array {
  return Buffer.from(fields.join(""), "utf8");
}
