/** A policy record as its domain published it (RFC 9989 §4.7, §4.10.1). */
import type { DmarcPolicy, DmarcRecordEvidence } from "./evidence.ts";
import { RECORD_LENGTH_MAX, RECORD_SHOWN_MAX } from "./limits.ts";

export interface PolicyRecord {
  /** Undefined where the record asks for nothing that can be understood: there is then no DMARC at all for it. */
  readonly evidence: Omit<DmarcRecordEvidence, "domain"> | undefined;
  /** `psd`: whether this is a public suffix domain; undefined where the record does not say. */
  readonly isPublicSuffix: boolean | undefined;
}

const VERSION = /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;
const REPORT_ADDRESS = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?#[\]@$&'()*+;=]|%[0-9a-f]{2})*$/i;

/** Does a TXT record mean to be one? The version comes first; case counts in its value alone. */
export function isPolicyRecord(text: string): boolean {
  return VERSION.test(text.trimStart().slice(0, 64).replace(/^V/, "v"));
}

/** Undefined for a record that counts as none: a tag stands there twice. */
export function parsePolicyRecord(text: string): PolicyRecord | undefined {
  const tags = readTags(text.slice(0, RECORD_LENGTH_MAX));
  if (tags === undefined) return undefined;
  const psd = tags.get("psd")?.toLowerCase();
  return {
    evidence: readPolicies(tags, text),
    isPublicSuffix: psd === "y" ? true : psd === "n" ? false : undefined,
  };
}

/** Without the version. What is no tag is passed over (RFC 9989 §4.7); a name twice spoils the list (RFC 6376 §3.2). */
function readTags(text: string): ReadonlyMap<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const part of text.split(";").slice(1)) {
    const equals = part.indexOf("=");
    if (equals === -1) continue;
    const name = part.slice(0, equals).trim();
    if (tags.has(name) || name.toLowerCase() === "v") return undefined;
    tags.set(name, part.slice(equals + 1).trim());
  }
  return tags;
}

/** RFC 9989 §4.10.1: what cannot be understood asks for nothing but reports, if for those. */
function readPolicies(tags: ReadonlyMap<string, string>, text: string): PolicyRecord["evidence"] {
  const [p, sp, np] = ["p", "sp", "np"].map((name) => policyOf(tags.get(name)));
  const isValid = p !== undefined && p !== "invalid" && sp !== "invalid" && np !== "invalid";
  if (!isValid && !wantsReports(tags)) return undefined;
  const isTesting = tags.get("t")?.toLowerCase() === "y";
  const percent = tags.get("pct");
  return {
    text: text.replace(/[^\x20-\x7e]/g, "?").slice(0, RECORD_SHOWN_MAX),
    ...(isValid ? { p, sp, np } : { p: "none", sp: undefined, np: undefined }),
    spfAlignment: alignmentOf(tags.get("aspf")),
    dkimAlignment: alignmentOf(tags.get("adkim")),
    isTesting,
    differsForOldReaders: isTesting || np !== undefined || tags.has("psd") || (percent ?? "100") !== "100" || !isValid,
  };
}

function policyOf(value: string | undefined): DmarcPolicy | "invalid" | undefined {
  const policy = value?.toLowerCase();
  if (policy === undefined || policy === "none" || policy === "quarantine" || policy === "reject") return policy;
  return "invalid";
}

function alignmentOf(value: string | undefined): "relaxed" | "strict" {
  return value?.toLowerCase() === "s" ? "strict" : "relaxed";
}

function wantsReports(tags: ReadonlyMap<string, string>): boolean {
  const addresses = tags.get("rua")?.split(",") ?? [];
  return addresses.some((address) => REPORT_ADDRESS.test(address.trim().replace(/![0-9]+[kmgt]?$/i, "")));
}
