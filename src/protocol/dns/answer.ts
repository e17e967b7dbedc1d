/** From a response to what it means: records at the end of the CNAME chain, or a negative answer, or no answer at all. */
import { Buffer } from "node:buffer";
import type { Answer } from "dns-packet";
import { parseIpAddress } from "#mail/ip-address.ts";
import {
  ALIASES_MAX,
  NEGATIVE_TTL_SECONDS_DEFAULT,
  NEGATIVE_TTL_SECONDS_MAX,
  RECORDS_MAX,
  TTL_SECONDS_MAX,
  TXT_OCTETS_MAX,
} from "./limits.ts";
import { NOERROR, NXDOMAIN, type Question, type QuestionType, REFUSED, type ResponseMessage } from "./message.ts";

/** The value of a record by type; the shapes of `ports/resolver.ts`. */
export interface RecordData {
  A: string;
  AAAA: string;
  PTR: string;
  TXT: string;
  MX: { readonly preference: number; readonly exchange: string };
  TLSA: {
    readonly usage: number;
    readonly selector: number;
    readonly matchingType: number;
    readonly data: Uint8Array;
  };
  CNAME: string;
  NS: string;
  SRV: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };
  CAA: { readonly isCritical: boolean; readonly tag: string; readonly value: string };
}

export type Meaning<Data> =
  | {
      readonly kind: "records";
      readonly records: readonly Data[];
      readonly ttlSeconds: number;
      readonly authenticated: boolean;
      /** Where the chain ended; absent without one. */
      readonly aliasOf?: string;
    }
  | { readonly kind: "no-such-name" | "no-data"; readonly ttlSeconds: number; readonly authenticated: boolean }
  /** The chain leads out of the response: ask for its end. */
  | {
      readonly kind: "alias";
      readonly target: string;
      /** CNAMEs up to the target. */
      readonly followed: number;
      readonly ttlSeconds: number;
      readonly authenticated: boolean;
    }
  | {
      readonly kind: "unavailable";
      readonly cause: "server-failure" | "refused" | "malformed" | "too-many-aliases";
    };

export function meaningOf<Type extends QuestionType>(
  message: ResponseMessage,
  { name, type }: Question & { readonly type: Type },
): Meaning<RecordData[Type]> {
  const { rcode, answers, authenticated } = message;
  if (rcode === REFUSED) return { kind: "unavailable", cause: "refused" };
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return { kind: "unavailable", cause: "server-failure" };
  // What is asked for is the alias itself.
  const end = type === "CNAME" ? { name, followed: 0, ttlSeconds: TTL_SECONDS_MAX } : followAliases(answers, name);
  if (end === undefined) return { kind: "unavailable", cause: "too-many-aliases" };
  const matching = answers.filter((answer) => answer.type === type && isIn(answer) && sameName(answer.name, end.name));
  if (matching.length === 0) return withoutRecords(message, end);
  const records: RecordData[Type][] = [];
  for (const answer of matching.slice(0, RECORDS_MAX)) {
    const data = dataOf(answer);
    if (data === undefined) return { kind: "unavailable", cause: "malformed" };
    records.push(data as RecordData[Type]);
  }
  const ttlSeconds = Math.min(end.ttlSeconds, ...matching.map(ttlOf));
  const alias = end.followed === 0 ? {} : { aliasOf: end.name };
  return { kind: "records", records, ttlSeconds, authenticated, ...alias };
}

interface ChainEnd {
  readonly name: string;
  readonly followed: number;
  readonly ttlSeconds: number;
}

/** The name at the end of the chain that starts at `name`; undefined when it is too long or goes in circles. */
function followAliases(answers: readonly Answer[], name: string): ChainEnd | undefined {
  let end: ChainEnd = { name, followed: 0, ttlSeconds: TTL_SECONDS_MAX };
  for (let followed = 1; followed <= ALIASES_MAX + 1; followed++) {
    const alias = answers.find((answer) => answer.type === "CNAME" && isIn(answer) && sameName(answer.name, end.name));
    if (alias?.type !== "CNAME") return end;
    end = { name: plainName(alias.data), followed, ttlSeconds: Math.min(end.ttlSeconds, ttlOf(alias)) };
  }
  return undefined;
}

/** RFC 2308 §2: what an answer without the records asked for says, and what it only seems to say. */
function withoutRecords(message: ResponseMessage, { name, followed, ttlSeconds }: ChainEnd): Meaning<never> {
  const { rcode, authorities, authenticated, authoritative, recursionAvailable } = message;
  const soa = authorities.find((record) => record.type === "SOA");
  const negative = { ttlSeconds: Math.min(ttlSeconds, negativeTtl(soa)), authenticated };
  if (rcode === NXDOMAIN) return { kind: "no-such-name", ...negative };
  if (soa !== undefined) return { kind: "no-data", ...negative };
  if (followed > 0) return { kind: "alias", target: name, followed, ttlSeconds, authenticated };
  // RFC 2308 §2.2: name servers without an SOA are a referral. Neither it nor the empty answer of a server that does not
  // look any further (a lame one) says that there is nothing.
  const isReferral = authorities.some((record) => record.type === "NS");
  if (isReferral || !(authoritative || recursionAvailable)) return { kind: "unavailable", cause: "server-failure" };
  return { kind: "no-data", ...negative };
}

/** Undefined for what no record of that type can be. */
function dataOf(answer: Answer): RecordData[QuestionType] | undefined {
  if (answer.type === "A" || answer.type === "AAAA") return addressOf(answer.type, answer.data);
  if (answer.type === "PTR" || answer.type === "CNAME" || answer.type === "NS") return plainName(answer.data);
  if (answer.type === "TXT") return textOf(answer.data);
  if (answer.type === "MX") {
    return { preference: answer.data.preference ?? 0, exchange: plainName(answer.data.exchange) };
  }
  if (answer.type === "TLSA") {
    const { usage, selector, matchingType, certificate } = answer.data;
    // A copy: the record must not keep the whole message alive in the cache.
    return { usage, selector, matchingType, data: Uint8Array.from(certificate) };
  }
  if (answer.type === "SRV") {
    const { priority = 0, weight = 0, port, target } = answer.data;
    return { priority, weight, port, target: plainName(target) };
  }
  if (answer.type === "CAA") {
    const { flags = 0, tag, value } = answer.data;
    return { isCritical: (flags & CAA_CRITICAL) !== 0, tag: tag.toLowerCase(), value };
  }
  return undefined;
}

/** RFC 8659 §4.1. */
const CAA_CRITICAL = 0x80;

/** The codec's IPv6 is not in the one form, and past the end of a message it reads parts that are no numbers. */
function addressOf(type: "A" | "AAAA", text: string): string | undefined {
  // An AAAA record with an IPv4-mapped address names that IPv4 address.
  const address = parseIpAddress(text);
  return type === "A" && address?.includes(":") === true ? undefined : address;
}

/** The strings of a TXT record joined, as SPF and DKIM read them (RFC 7208 §3.3); undefined when it is absurdly long. */
function textOf(data: unknown): string | undefined {
  const strings = (Array.isArray(data) ? data : [data]) as readonly (string | Uint8Array)[];
  const octets = Buffer.concat(strings.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
  return octets.length > TXT_OCTETS_MAX ? undefined : octets.toString("utf8");
}

/** RFC 2308 §5: the smaller of the SOA's TTL and its minimum. */
function negativeTtl(soa: Answer | undefined): number {
  if (soa?.type !== "SOA") return NEGATIVE_TTL_SECONDS_DEFAULT;
  return Math.min(ttlOf(soa), soa.data.minimum ?? NEGATIVE_TTL_SECONDS_DEFAULT, NEGATIVE_TTL_SECONDS_MAX);
}

/** RFC 2181 §8: with the uppermost bit set it is zero. */
function ttlOf(answer: Answer): number {
  const ttl = "ttl" in answer ? (answer.ttl ?? 0) : 0;
  return ttl > 0x7fff_ffff ? 0 : Math.min(ttl, TTL_SECONDS_MAX);
}

function isIn(answer: Answer): boolean {
  return !("class" in answer) || answer.class === "IN";
}

function sameName(left: string, right: string): boolean {
  return plainName(left) === plainName(right);
}

/** Lower-case without the final dot; the root is empty. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
