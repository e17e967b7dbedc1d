/** Where a domain wants its reports: the records that say so, as strangers write them. */
import { formatMailbox, parseMailbox } from "#mail/address.ts";
import { DESTINATIONS_MAX, RECORD_LENGTH_MAX } from "../limits.ts";

export type Destination =
  | {
      readonly kind: "mail";
      readonly address: string;
      readonly domain: string;
      /** Octets that it takes (`!10m`); undefined: it does not say. */
      readonly octetsMax: number | undefined;
    }
  | { readonly kind: "https"; readonly url: string };

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
/** RFC 7489 §6.4: a comma or exclamation mark of an address itself is encoded. */
const MAIL_URI = /^mailto:([^!?]{1,320})(?:!(\d{1,15})([kmgt]?))?$/i;

/** Of a list such as `mailto:a@example.com!10m, https://example.com/r`: those that can be used, the first ones. */
export function readDestinations(list: string): readonly Destination[] {
  return list
    .slice(0, RECORD_LENGTH_MAX)
    .split(",")
    .flatMap((uri) => readDestination(uri.trim()) ?? [])
    .slice(0, DESTINATIONS_MAX);
}

function readDestination(uri: string): Destination | undefined {
  if (/^https:\/\//i.test(uri)) return isPlainUrl(uri) ? { kind: "https", url: uri } : undefined;
  const [, encoded, size, unit = ""] = MAIL_URI.exec(uri) ?? [];
  const text = encoded === undefined ? undefined : percentDecoded(encoded);
  const mailbox = text === undefined ? undefined : parseMailbox(text, { utf8: false });
  if (mailbox?.ok !== true) return undefined;
  const octetsMax = size === undefined ? undefined : Number(size) * (UNITS[unit.toLowerCase()] ?? 1);
  return { kind: "mail", address: formatMailbox(mailbox.value), domain: mailbox.value.domain, octetsMax };
}

/** The usual port, and nobody's name in it. */
function isPlainUrl(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { port, username, password } = new URL(uri);
  return port === "" && username === "" && password === "";
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** TXT records at `_smtp._tls.DOMAIN` (RFC 8460 §3): where there is not exactly one, there is none. */
export function tlsDestinations(records: readonly string[]): readonly Destination[] {
  const ours = records.filter((text) => /^v=TLSRPTv1\s*;/.test(text));
  const [only] = ours;
  return only === undefined || ours.length > 1 ? [] : readDestinations(tagOf(only, "rua") ?? "");
}

/** TXT records at `_dmarc.DOMAIN`, or at a place that allows them; undefined: none of them is a record of DMARC. */
export function dmarcDestinations(records: readonly string[]): readonly Destination[] | undefined {
  const ours = records.filter((text) => /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/.test(text.trimStart()));
  const [only] = ours;
  if (only === undefined) return undefined;
  return ours.length > 1 ? [] : readDestinations(tagOf(only, "rua") ?? "");
}

export function tagOf(record: string, name: string): string | undefined {
  for (const part of record.slice(0, RECORD_LENGTH_MAX).split(";")) {
    const equals = part.indexOf("=");
    if (equals !== -1 && part.slice(0, equals).trim().toLowerCase() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}
