/** The ARC sets of a header, and whether their structure is sound (RFC 8617 §5.2 steps 1 to 3). Nothing is verified here. */

import { colonList, parseTagList, withoutBlanks } from "#mail/dkim/tag-list.ts";
import { fieldValueLatin1, type HeaderField } from "#mail/header/fields.ts";
import { parseClaims } from "../authentication-results/parse-claims.ts";
import { domainOf, parseSignature, readAlgorithm, type Signature, type SignatureAlgorithm } from "../dkim/signature.ts";
import type { ArcProblem, ArcSetEvidence } from "./evidence.ts";
import { CLAIMS_OCTETS_MAX, SETS_MAX } from "./limits.ts";

/** Plain data. */
export type ArcChain =
  | { readonly kind: "none" }
  | { readonly kind: "broken"; readonly problem: ArcProblem }
  /** Instances 1, 2, 3 …: at least one. */
  | { readonly kind: "sound"; readonly sets: readonly ArcSet[] };

export interface ArcSet {
  readonly evidence: ArcSetEvidence;
  readonly message: Signature;
  readonly seal: ArcSeal;
  /** Of the fields among all fields of the header. */
  readonly fields: Readonly<Record<ArcFieldName, number>>;
}

export interface ArcSeal {
  readonly algorithm: SignatureAlgorithm;
  readonly domain: string;
  readonly selector: string;
  /** Base64. */
  readonly signature: string;
}

export type ArcFieldName = "arc-authentication-results" | "arc-message-signature" | "arc-seal";

const NAMES: readonly string[] = [
  "arc-authentication-results",
  "arc-message-signature",
  "arc-seal",
] satisfies readonly ArcFieldName[];

/** RFC 8617 §4.1.1: the instance comes first. */
const RESULTS_INSTANCE =
  /^(?:\([^()\\]{0,100}\)|[ \t\r\n]){0,20}i[ \t\r\n]{0,20}=[ \t\r\n]{0,20}(\d{1,2})[ \t\r\n]{0,20};/;
const INSTANCE = /^\d{1,2}$/;

interface ArcField {
  readonly name: ArcFieldName;
  readonly index: number;
  /** As Latin-1, line breaks included. */
  readonly value: string;
  readonly instance: number;
}

export function readArcChain(header: Uint8Array, fields: readonly HeaderField[]): ArcChain {
  const arc: (readonly [number, HeaderField])[] = [];
  for (const entry of fields.entries()) if (NAMES.includes(entry[1].name)) arc.push(entry);
  if (arc.length === 0) return { kind: "none" };
  if (arc.length > 3 * SETS_MAX) return { kind: "broken", problem: { kind: "too-many-sets" } };
  const byInstance = new Map<number, Map<ArcFieldName, ArcField>>();
  for (const [index, field] of arc) {
    const read = readField(header, field, index);
    if (read === undefined) return broken(undefined, `${field.name} without an instance of 1 to ${SETS_MAX}`);
    const set = byInstance.get(read.instance) ?? new Map<ArcFieldName, ArcField>();
    if (set.has(read.name)) return broken(read.instance, `${read.name} twice`);
    byInstance.set(read.instance, set.set(read.name, read));
  }
  const sets: ArcSet[] = [];
  for (let instance = 1; instance <= byInstance.size; instance++) {
    const set = readSet(instance, byInstance.get(instance), instance === byInstance.size);
    if ("problem" in set) return { kind: "broken", problem: set.problem };
    sets.push(set);
  }
  return { kind: "sound", sets };
}

function readField(header: Uint8Array, field: HeaderField, index: number): ArcField | undefined {
  const name = field.name as ArcFieldName;
  const value = fieldValueLatin1(header, field, field.end - field.valueStart);
  let instance: string | undefined;
  if (name === "arc-authentication-results") {
    instance = RESULTS_INSTANCE.exec(value.slice(0, 4096))?.[1];
  } else {
    const tags = parseTagList(value);
    instance = tags.ok ? tags.value.get("i") : undefined;
  }
  if (instance === undefined || !INSTANCE.test(instance)) return undefined;
  const number = Number(instance);
  return number >= 1 && number <= SETS_MAX ? { name, index, value, instance: number } : undefined;
}

function readSet(
  instance: number,
  set: ReadonlyMap<ArcFieldName, ArcField> | undefined,
  isNewest: boolean,
): ArcSet | { readonly problem: ArcProblem } {
  const results = set?.get("arc-authentication-results");
  const message = set?.get("arc-message-signature");
  const seal = set?.get("arc-seal");
  if (results === undefined || message === undefined || seal === undefined) {
    return broken(instance, set === undefined ? "a set is missing" : "a field of the set is missing");
  }
  const signature = readMessageSignature(message, isNewest);
  if (typeof signature === "string") return broken(instance, signature);
  const read = readSeal(seal);
  if ("problem" in read) return read;
  const { domain, selector } = read;
  return {
    evidence: { instance, sealer: domain, selector, claims: parseClaims(results.value.slice(0, CLAIMS_OCTETS_MAX)) },
    message: signature,
    seal: read,
    fields: {
      "arc-authentication-results": results.index,
      "arc-message-signature": message.index,
      "arc-seal": seal.index,
    },
  };
}

/** Only the newest one is verified; the older ones are merely sealed (RFC 8617 §5.2 step 4). */
function readMessageSignature({ value }: ArcField, isNewest: boolean): Signature | string {
  const tags = parseTagList(value);
  if (!tags.ok) return "the message signature is no list of tags";
  if (typeof readAlgorithm(tags.value.get("a") ?? "") !== "string")
    return "the message signature has no valid algorithm";
  // RFC 8617 §4.1.2: seals are made last and never signed by it.
  if (colonList(tags.value.get("h") ?? "").includes("arc-seal")) return "the message signature signs a seal";
  const signature = parseSignature(value, "arc-message");
  if (isNewest && signature.problem !== undefined) {
    const { problem } = signature;
    return `the message signature is not valid: ${problem.kind}${"tag" in problem ? ` ${problem.tag}` : ""}`;
  }
  return signature;
}

/** RFC 8617 §4.1.3. */
function readSeal({ value, instance }: ArcField): ArcSeal | { readonly problem: ArcProblem } {
  const list = parseTagList(value);
  if (!list.ok) return broken(instance, "the seal is no list of tags");
  const tags = list.value;
  if (tags.has("h")) return broken(instance, "the seal has h=");
  const status = tags.get("cv")?.toLowerCase();
  if (status !== (instance === 1 ? "none" : "pass")) {
    return {
      problem: status === "fail" ? { kind: "chain-status", instance } : structure(instance, "cv= is not valid"),
    };
  }
  const algorithm = readAlgorithm(tags.get("a") ?? "");
  if (typeof algorithm !== "string") return broken(instance, "the seal has no valid algorithm");
  const domain = domainOf(tags.get("d"));
  const selector = (tags.get("s") ?? "").toLowerCase();
  const signature = withoutBlanks(tags.get("b") ?? "");
  if (domain === undefined || !/^[a-z0-9_.-]{1,253}$/.test(selector)) return broken(instance, "the seal names no key");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return broken(instance, "the seal has no signature");
  const time = tags.get("t");
  if (time !== undefined && !/^\d{1,12}$/.test(time)) return broken(instance, "the seal has no valid time");
  return { algorithm, domain, selector, signature };
}

function structure(instance: number | undefined, text: string): ArcProblem {
  return { kind: "structure", instance, text };
}

function broken(instance: number | undefined, text: string): { readonly kind: "broken"; readonly problem: ArcProblem } {
  return { kind: "broken", problem: structure(instance, text) };
}
