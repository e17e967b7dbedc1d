/** One signature field as its signer wrote it (RFC 6376 §3.5, §6.1.1): what it claims, and whether it can be checked at all. */
import { Buffer } from "node:buffer";
import { parseDomain } from "#mail/address.ts";
import type { Canonicalization } from "#mail/dkim/canonicalization.ts";
import { colonList, parseTagList, type TagList, withoutBlanks } from "#mail/dkim/tag-list.ts";
import type { SignatureEvidence, SignatureProblem } from "./evidence.ts";
import { DOMAIN_LENGTH_MAX, SIGNED_FIELDS_MAX, TAG_SHOWN_MAX } from "./limits.ts";

export interface Signature {
  readonly claims: SignatureClaims;
  /** Undefined where there is a problem with the field itself. */
  readonly check: SignatureCheck | undefined;
  readonly problem: SignatureProblem | undefined;
}

export type SignatureClaims = Pick<
  SignatureEvidence,
  | "domain"
  | "selector"
  | "algorithm"
  | "identity"
  | "signatureStart"
  | "canonicalization"
  | "signedAtSeconds"
  | "expiresAtSeconds"
>;

/** What is needed to check it; plain data. */
export interface SignatureCheck {
  readonly algorithm: SignatureAlgorithm;
  readonly domain: string;
  readonly selector: string;
  /** The domain of `i=`. */
  readonly identityDomain: string;
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  /** `l=`; undefined for the whole body. */
  readonly bodyOctetsMax: number | undefined;
  /** Base64. */
  readonly bodyHash: string;
  /** Base64. */
  readonly signature: string;
  /** In lower case, in their order; names may stand there more often than in the header. */
  readonly signedFields: readonly string[];
  readonly expiresAtSeconds: number | undefined;
}

export type SignatureAlgorithm = "rsa-sha256" | "ed25519-sha256";

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const TIME = /^\d{1,12}$/;
const LENGTH = /^\d{1,76}$/;
/** More liberal than RFC 6376 §3.1 in underscores, which many selectors have. */
const SELECTOR = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** An `i=` without a local-part, or with one that is no riddle. */
const LOCAL_PART = /^(?:[^\s@"<>]*|"(?:[^"\\\r\n]|\\.)*")$/;

/** @param value of a DKIM-Signature field or, without `v=` and with an instance in `i=`, of an ARC-Message-Signature. */
export function parseSignature(value: string, kind: "dkim" | "arc-message"): Signature {
  const list = parseTagList(value);
  if (!list.ok) {
    return { claims: NO_CLAIMS, check: undefined, problem: { kind: "signature-syntax", tag: shown(list.problem) } };
  }
  const tags = list.value;
  const claims = claimsOf(tags, kind);
  const check = readCheck(tags, kind);
  return "kind" in check ? { claims, check: undefined, problem: check } : { claims, check, problem: undefined };
}

const NO_CLAIMS: SignatureClaims = {
  domain: "",
  selector: "",
  algorithm: "",
  identity: "",
  signatureStart: "",
  canonicalization: "",
  signedAtSeconds: undefined,
  expiresAtSeconds: undefined,
};

function claimsOf(tags: TagList, kind: "dkim" | "arc-message"): SignatureClaims {
  const domain = domainOf(tags.get("d")) ?? shown(tags.get("d") ?? "");
  const identity = kind === "dkim" ? identityOf(tags) : `@${domain}`;
  return {
    domain,
    selector: shown(tags.get("s") ?? ""),
    algorithm: shown(tags.get("a") ?? ""),
    identity: identity === undefined ? "" : shown(identity),
    signatureStart: shown(withoutBlanks(tags.get("b") ?? "").slice(0, 8)),
    canonicalization: shown((tags.get("c") ?? "simple/simple").toLowerCase()),
    signedAtSeconds: secondsOf(tags.get("t")),
    expiresAtSeconds: secondsOf(tags.get("x")),
  };
}

/** The first thing that is wrong, or what to check (RFC 6376 §6.1.1). */
function readCheck(tags: TagList, kind: "dkim" | "arc-message"): SignatureCheck | SignatureProblem {
  const required = kind === "dkim" ? ["v", "a", "b", "bh", "d", "h", "s"] : ["a", "b", "bh", "d", "h", "s"];
  const missing = required.find((tag) => !tags.has(tag));
  if (kind === "dkim" && tags.has("v") && tags.get("v") !== "1") return { kind: "unknown-version" };
  if (missing !== undefined) return { kind: "missing-tag", tag: missing };
  const algorithm = readAlgorithm(tags.get("a") ?? "");
  if (typeof algorithm !== "string") return algorithm;
  const canonicalization = readCanonicalization(tags.get("c"));
  if (canonicalization === undefined) return { kind: "unknown-canonicalization" };
  const domain = domainOf(tags.get("d"));
  if (domain === undefined) return syntax("d");
  const selector = (tags.get("s") ?? "").toLowerCase();
  if (!SELECTOR.test(selector)) return syntax("s");
  const wrongNumber = (["t", "x", "l"] as const).find((tag) => !isNumber(tags, tag));
  if (wrongNumber !== undefined) return syntax(wrongNumber);
  const [bodyHash, signature] = [withoutBlanks(tags.get("bh") ?? ""), withoutBlanks(tags.get("b") ?? "")];
  if (!BASE64.test(bodyHash)) return syntax("bh");
  if (!BASE64.test(signature)) return syntax("b");
  const signedFields = colonList(tags.get("h") ?? "");
  if (signedFields.length === 0 || signedFields.length > SIGNED_FIELDS_MAX) return syntax("h");
  // RFC 6376 §5.4: otherwise anybody could put another author on it.
  if (!signedFields.includes("from")) return { kind: "from-not-signed" };
  const methods = colonList(tags.get("q") ?? "dns/txt");
  if (!methods.includes("dns/txt")) return { kind: "unknown-query-method" };
  const identityDomain = kind === "dkim" ? readIdentityDomain(tags, domain) : domain;
  if (typeof identityDomain !== "string") return identityDomain;
  const [signedAt, expiresAtSeconds] = [secondsOf(tags.get("t")), secondsOf(tags.get("x"))];
  if (signedAt !== undefined && expiresAtSeconds !== undefined && expiresAtSeconds <= signedAt) return syntax("x");
  const limit = tags.get("l");
  return {
    algorithm,
    domain,
    selector,
    identityDomain,
    ...canonicalization,
    bodyOctetsMax: limit === undefined ? undefined : Math.min(Number(limit), Number.MAX_SAFE_INTEGER),
    bodyHash,
    signature,
    signedFields,
    expiresAtSeconds,
  };
}

export function readAlgorithm(value: string): SignatureAlgorithm | SignatureProblem {
  const algorithm = value.toLowerCase();
  if (algorithm === "rsa-sha256" || algorithm === "ed25519-sha256") return algorithm;
  return { kind: algorithm === "rsa-sha1" ? "weak-algorithm" : "unknown-algorithm" };
}

function readCanonicalization(
  value = "simple",
): { readonly header: Canonicalization; readonly body: Canonicalization } | undefined {
  const [, header, body = "simple"] = /^(simple|relaxed)(?:\/(simple|relaxed))?$/i.exec(withoutBlanks(value)) ?? [];
  if (header === undefined) return undefined;
  return { header: header.toLowerCase() as Canonicalization, body: body.toLowerCase() as Canonicalization };
}

/** A-labels in lower case (RFC 8616 §5); undefined for what is no domain of two labels or more. */
export function domainOf(value: string | undefined): string | undefined {
  const name = withoutBlanks(value ?? "");
  // Longer ones can be no name, and turning them into A-labels would cost their length squared.
  if (name.length > DOMAIN_LENGTH_MAX) return undefined;
  const parsed = parseDomain(utf8(name).replace(/\.$/, ""));
  return parsed.ok && parsed.value.includes(".") && !parsed.value.startsWith("[") ? parsed.value : undefined;
}

/** `i=` decoded, or what stands for it. */
function identityOf(tags: TagList): string | undefined {
  const value = tags.get("i");
  if (value === undefined) return `@${domainOf(tags.get("d")) ?? ""}`;
  const octets = withoutBlanks(value).replace(/=([0-9A-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return utf8(octets);
}

function readIdentityDomain(tags: TagList, domain: string): string | SignatureProblem {
  const identity = identityOf(tags) ?? "";
  const at = identity.lastIndexOf("@");
  const identityDomain = at === -1 ? undefined : domainOf(identity.slice(at + 1));
  if (identityDomain === undefined || !LOCAL_PART.test(identity.slice(0, at))) return syntax("i");
  const isInside = identityDomain === domain || identityDomain.endsWith(`.${domain}`);
  return isInside ? identityDomain : { kind: "identity-mismatch" };
}

function isNumber(tags: TagList, tag: "t" | "x" | "l"): boolean {
  const value = tags.get(tag);
  return value === undefined || (tag === "l" ? LENGTH : TIME).test(value);
}

function secondsOf(value: string | undefined): number | undefined {
  return value !== undefined && TIME.test(value) ? Number(value) : undefined;
}

function syntax(tag: string): SignatureProblem {
  return { kind: "signature-syntax", tag };
}

/** Header octets travel as Latin-1; names and identities are UTF-8 (RFC 8616). */
function utf8(latin1: string): string {
  return /[^\0-\x7f]/.test(latin1) ? Buffer.from(latin1, "latin1").toString("utf8") : latin1;
}

/** Printable and bounded: it goes into records and header fields. */
function shown(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, "?").slice(0, TAG_SHOWN_MAX);
}
