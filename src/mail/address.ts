/**
 * Addresses of the envelope (RFC 5321 §4.1.2, RFC 6531). One strict parse; its value serves policy, routing and log, and
 * nothing parses the text again.
 */
import { Buffer } from "node:buffer";
import { domainToASCII } from "node:url";
import { failed, ok, type Result } from "./result.ts";

declare const brand: unique symbol;

/** A domain name as A-labels in lower case without a final dot, or an address literal in brackets (`[192.0.2.5]`, `[IPv6:2001:db8::1]`). */
export type Domain = string & { readonly [brand]: "Domain" };

/** A mailbox as it travels in the envelope: `local-part@domain`. */
export interface Mailbox {
  /** As meant, quotes and backslashes taken off; case kept. */
  readonly localPart: string;
  readonly domain: Domain;
}

/** The envelope sender. `null` is the null reverse-path `<>` of a notification (RFC 5321 §4.5.5). */
export type ReversePath = Mailbox | null;

export type AddressProblem =
  | "no-domain"
  | "bad-local-part"
  | "bad-domain"
  | "too-long"
  /** Octets over 127 where SMTPUTF8 was not asked for (RFC 6531 §3.5). */
  | "needs-smtputf8";

const LOCAL_PART_OCTETS_MAX = 64; // RFC 5321 §4.5.3.1.1
const DOMAIN_OCTETS_MAX = 255; // RFC 5321 §4.5.3.1.2
const LABEL_OCTETS_MAX = 63; // RFC 1035 §2.3.4

const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\u{10ffff}]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\u{10ffff}]+)*$/u;
const QUOTED_STRING = /^"(?:[ !#-[\]-~\u0080-\u{10ffff}]|\\[ -~])*"$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const NON_ASCII = /[^\0-\x7f]/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Parses `local-part@domain` without angle brackets. The at sign that counts is the first one outside quotes; a second is an error. */
export function parseMailbox(text: string, options: { readonly utf8: boolean }): Result<Mailbox, AddressProblem> {
  const end = localPartEnd(text);
  if (end === text.length) {
    if (!isLocalPart(text)) return failed("bad-local-part");
    return failed("no-domain");
  }
  const rawLocalPart = text.slice(0, end);
  if (text[end] !== "@" || !isLocalPart(rawLocalPart)) return failed("bad-local-part");
  if (!options.utf8 && NON_ASCII.test(text)) return failed("needs-smtputf8");
  // Bringing it into its normal form takes the square of its marks that combine; quoted pairs and forms double it at most.
  if (rawLocalPart.length > 4 * LOCAL_PART_OCTETS_MAX) return failed("too-long");
  const localPart = unquote(rawLocalPart).normalize("NFC");
  if (utf8Length(localPart) > LOCAL_PART_OCTETS_MAX) return failed("too-long");
  const domain = parseDomain(text.slice(end + 1));
  return domain.ok ? ok({ localPart, domain: domain.value }) : domain;
}

/** Parses a domain name or address literal; U-labels become A-labels (RFC 5891). A final dot and a bare IP address are errors. */
export function parseDomain(text: string): Result<Domain, AddressProblem> {
  if (text.startsWith("[")) return parseAddressLiteral(text);
  if (text === "") return failed("no-domain");
  if (!/^[A-Za-z0-9.\-\u0080-\u{10ffff}]+$/u.test(text)) return failed("bad-domain");
  const ascii = NON_ASCII.test(text) ? domainToASCII(text) : text.toLowerCase();
  if (ascii.length > DOMAIN_OCTETS_MAX) return failed("too-long");
  const labels = ascii.split(".");
  const wellFormed = labels.every((label) => label.length <= LABEL_OCTETS_MAX && LABEL.test(label));
  if (!wellFormed || /^\d+$/.test(labels.at(-1) ?? "")) return failed("bad-domain");
  return ok(ascii as Domain);
}

function parseAddressLiteral(text: string): Result<Domain, AddressProblem> {
  const [, ipv6, body = ""] = /^\[(IPv6:)?([0-9A-Fa-f:.]+)\]$/i.exec(text) ?? [];
  if (ipv6 === undefined) return IPV4.test(body) ? ok(text as Domain) : failed("bad-domain");
  const address = body.toLowerCase();
  return isIpv6(address) ? ok(`[IPv6:${address}]` as Domain) : failed("bad-domain");
}

function isIpv6(text: string): boolean {
  const tail = text.slice(text.lastIndexOf(":") + 1);
  const ipv4 = tail.includes(".");
  if (ipv4 && !IPV4.test(tail)) return false;
  const groups = (ipv4 ? `${text.slice(0, -tail.length)}0:0` : text).split("::");
  const counted = groups.map((half) => (half === "" ? [] : half.split(":")));
  if (!counted.flat().every((group) => /^[0-9a-f]{1,4}$/.test(group))) return false;
  const count = counted.flat().length;
  return groups.length === 1 ? count === 8 : groups.length === 2 && count <= 7;
}

/** The address inside a literal domain, or undefined for a name. */
export function literalAddress(domain: Domain): string | undefined {
  if (!domain.startsWith("[")) return undefined;
  return domain.slice(1, -1).replace(/^IPv6:/i, "");
}

/** `local-part@domain` with quotes where the local-part needs them. */
export function formatMailbox({ localPart, domain }: Mailbox): string {
  if (DOT_STRING.test(localPart)) return `${localPart}@${domain}`;
  return `"${localPart.replace(/["\\]/g, String.raw`\$&`)}"@${domain}`;
}

/** `<local-part@domain>`, or `<>` for the null reverse-path. */
export function formatPath(path: ReversePath): string {
  return path === null ? "<>" : `<${formatMailbox(path)}>`;
}

/** The key under which accounts and aliases are kept and found: local-parts here differ in more than case and normal form. */
export function canonicalAddress({ localPart, domain }: Mailbox): string {
  return formatMailbox({ localPart: localPart.normalize("NFC").toLowerCase(), domain });
}

/** Index of the first character after the local-part: past the closing quote, or at the first at sign. */
function localPartEnd(text: string): number {
  if (!text.startsWith('"')) {
    const at = text.indexOf("@");
    return at === -1 ? text.length : at;
  }
  for (let i = 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

function isLocalPart(text: string): boolean {
  return DOT_STRING.test(text) || QUOTED_STRING.test(text);
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text;
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}
