/** An SPF record as terms (RFC 7208 §4.5, §4.6, §12). The whole record is read before any of it counts. */
import { LRUCache } from "lru-cache";
import { failed, ok, type Result } from "#mail/result.ts";
import type { SpfResult } from "./evidence.ts";
import { RECORD_REMEMBERED_LENGTH_MAX, RECORDS_REMEMBERED_MAX } from "./limits.ts";
import { type MacroString, parseMacroString, printable, TOP_LABEL } from "./macros.ts";
import { isIpv4Network, isIpv6Network } from "./network.ts";

export type SpfTerm = SpfMechanism | SpfModifier;

export type SpfMechanism = {
  readonly text: string;
  /** What a match means. */
  readonly onMatch: SpfResult & ("pass" | "fail" | "softfail" | "neutral");
} & (
  | { readonly kind: "all" }
  | { readonly kind: "include" | "exists"; readonly target: MacroString }
  | {
      readonly kind: "a" | "mx";
      /** Undefined for the domain at hand. */
      readonly target: MacroString | undefined;
      readonly prefix4: number;
      readonly prefix6: number;
    }
  | { readonly kind: "ptr"; readonly target: MacroString | undefined }
  | { readonly kind: "ip4" | "ip6"; readonly network: string; readonly prefix: number }
);

export type SpfModifier = { readonly text: string } & (
  | { readonly kind: "redirect" | "exp"; readonly target: MacroString }
  | { readonly kind: "unknown-modifier" }
);

const QUALIFIERS = { "+": "pass", "-": "fail", "~": "softfail", "?": "neutral" } as const;
const MODIFIER = /^([a-z][a-z0-9\-_.]*)=(.*)$/i;
const MECHANISM = /^([+\-~?]?)([a-z0-9]+)(.*)$/i;

/** Does a TXT record claim to be one? Version 1 and nothing behind it but a space (RFC 7208 §4.5). */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** Most mail comes from a few senders, and their records include those of fewer providers. */
const remembered = new LRUCache<string, Result<readonly SpfTerm[], string>>({ max: RECORDS_REMEMBERED_MAX });

/** @returns the problem names the term. */
export function parseRecord(text: string): Result<readonly SpfTerm[], string> {
  if (text.length > RECORD_REMEMBERED_LENGTH_MAX) return parse(text);
  const known = remembered.get(text) ?? parse(text);
  remembered.set(text, known);
  return known;
}

function parse(text: string): Result<readonly SpfTerm[], string> {
  if (/[^\x20-\x7e]/.test(text)) return failed("the record holds characters outside printable ASCII");
  const terms: SpfTerm[] = [];
  const once = new Set<string>();
  for (const raw of text.split(" ").slice(1)) {
    if (raw === "") continue;
    const term = parseTerm(raw);
    if (!term.ok) return failed(`“${printable(raw.slice(0, 64))}”: ${term.problem}`);
    const { kind } = term.value;
    if (kind === "redirect" || kind === "exp") {
      if (once.has(kind)) return failed(`${kind}= stands there twice`);
      once.add(kind);
    }
    terms.push(term.value);
  }
  return ok(terms);
}

function parseTerm(text: string): Result<SpfTerm, string> {
  const [, name, value = ""] = MODIFIER.exec(text) ?? [];
  if (name !== undefined) return parseModifier(text, name.toLowerCase(), value);
  const [, qualifier = "", mechanism, rest = ""] = MECHANISM.exec(text) ?? [];
  if (mechanism === undefined) return failed("no mechanism");
  const onMatch = QUALIFIERS[(qualifier === "" ? "+" : qualifier) as keyof typeof QUALIFIERS];
  return parseMechanism({ text, onMatch }, mechanism.toLowerCase(), rest);
}

function parseModifier(text: string, name: string, value: string): Result<SpfModifier, string> {
  if (name === "redirect" || name === "exp") {
    const target = parseDomainSpec(value);
    return target.ok ? ok({ kind: name, text, target: target.value }) : target;
  }
  const macros = parseMacroString(value, "unknown-modifier");
  return macros.ok ? ok({ kind: "unknown-modifier", text }) : macros;
}

type Common = Pick<SpfMechanism, "text" | "onMatch">;

function parseMechanism(common: Common, name: string, rest: string): Result<SpfMechanism, string> {
  switch (name) {
    case "all":
      return rest === "" ? ok({ ...common, kind: "all" }) : failed("all takes no value");
    case "include":
    case "exists": {
      if (!rest.startsWith(":")) return failed(`${name} needs a domain`);
      const target = parseDomainSpec(rest.slice(1));
      return target.ok ? ok({ ...common, kind: name, target: target.value }) : target;
    }
    case "ptr": {
      if (rest === "") return ok({ ...common, kind: "ptr", target: undefined });
      if (!rest.startsWith(":")) return failed("ptr takes a domain alone");
      const target = parseDomainSpec(rest.slice(1));
      return target.ok ? ok({ ...common, kind: "ptr", target: target.value }) : target;
    }
    case "a":
    case "mx":
      return parseHosts(common, name, rest);
    case "ip4":
    case "ip6":
      return parseNetwork(common, name, rest);
    default:
      return failed("no such mechanism");
  }
}

/** `[ ":" domain-spec ] [ "/" ip4-cidr-length ] [ "//" ip6-cidr-length ]` */
const HOSTS = /^(?::(.+?))?(?:\/(\d+))?(?:\/\/(\d+))?$/;

function parseHosts(common: Common, kind: "a" | "mx", rest: string): Result<SpfMechanism, string> {
  const [whole, domain, length4, length6] = HOSTS.exec(rest) ?? [];
  if (whole === undefined) return failed(`${kind} takes a domain and prefix lengths`);
  const target = domain === undefined ? ok(undefined) : parseDomainSpec(domain);
  if (!target.ok) return target;
  const prefix4 = parsePrefix(length4, 32);
  const prefix6 = parsePrefix(length6, 128);
  if (prefix4 === undefined || prefix6 === undefined) return failed("no such prefix length");
  return ok({ ...common, kind, target: target.value, prefix4, prefix6 });
}

function parseNetwork(common: Common, kind: "ip4" | "ip6", rest: string): Result<SpfMechanism, string> {
  const [, network = "", length] = /^:([0-9a-f:.]+)(?:\/(.*))?$/i.exec(rest) ?? [];
  const isNetwork = kind === "ip4" ? isIpv4Network(network) : isIpv6Network(network);
  if (!isNetwork) return failed(`${kind} needs an address of its family`);
  const prefix = parsePrefix(length, kind === "ip4" ? 32 : 128);
  return prefix === undefined ? failed("no such prefix length") : ok({ ...common, kind, network, prefix });
}

/** Without leading zeros. Undefined for no such length. */
function parsePrefix(digits: string | undefined, most: number): number | undefined {
  if (digits === undefined) return most;
  return /^(?:0|[1-9]\d{0,2})$/.test(digits) && Number(digits) <= most ? Number(digits) : undefined;
}

/** RFC 7208 §7.1: ends with a macro, or with a dot and a top label. */
function parseDomainSpec(text: string): Result<MacroString, string> {
  const macros = parseMacroString(text, "domain");
  if (!macros.ok) return macros;
  if (macros.value.length === 0) return failed("no domain");
  const literals: string[] = [];
  for (const token of macros.value.toReversed()) {
    if (isExpand(token)) break;
    literals.unshift(token);
  }
  if (literals.length === 0) return macros;
  const literal = literals.join("");
  const end = literal.replace(/\.$/, "");
  const dot = end.lastIndexOf(".");
  return dot !== -1 && TOP_LABEL.test(end.slice(dot + 1)) ? macros : failed("no domain name");
}

/** Escapes stand for characters that no literal holds. */
function isExpand(token: MacroString[number]): token is Exclude<MacroString[number], string> {
  return typeof token !== "string" || /[% ]/.test(token);
}
