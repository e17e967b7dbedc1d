/** The policy that a connection was held to, as a report quotes it (RFC 8460 §4.4). */
import type { TlsaRecord } from "#ports/resolver.ts";
import { QUOTED_POLICY_LENGTH_MAX } from "./limits.ts";
import type { StsPolicy } from "./mta-sts-policy.ts";

export interface AppliedPolicy {
  /** RFC 8460 §1.1: the recipients' domain; for DANE the name where the TLSA records stand. */
  readonly domain: string;
  /** Lines of the MTA-STS policy, or TLSA records. */
  readonly lines: readonly string[];
  /** Patterns of the MTA-STS policy. */
  readonly mx: readonly string[];
}

export function appliedSts(domain: string, { mode, maxAgeSeconds, mx }: StsPolicy): AppliedPolicy {
  const lines = ["version: STSv1", `mode: ${mode}`, `max_age: ${maxAgeSeconds}`, ...mx.map((name) => `mx: ${name}`)];
  return { domain, lines: short(lines), mx: short(mx) };
}

/** `3 1 1 1F850A33…` */
export function appliedDane(base: string, records: readonly TlsaRecord[]): AppliedPolicy {
  const lines = records.map(({ usage, selector, matchingType, data }) =>
    [usage, selector, matchingType, Buffer.from(data).toString("hex").toUpperCase()].join(" "),
  );
  return { domain: base, lines: short(lines), mx: [] };
}

/** As many from the first as have room. */
function short(lines: readonly string[]): readonly string[] {
  let length = 0;
  return lines.filter((line) => (length += line.length) <= QUOTED_POLICY_LENGTH_MAX);
}
