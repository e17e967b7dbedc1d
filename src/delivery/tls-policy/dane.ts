/** Whether a host's TLSA records bind us (RFC 7672 §2.2). */
import type { DnsFailure, TlsaRecord, ZoneResolver } from "#ports/resolver.ts";
import type { Host } from "../routing/hosts.ts";
import { TLSA_RECORDS_MAX } from "./limits.ts";

export type DaneFinding =
  /** No records, or nobody vouches for them. */
  | { readonly kind: "none" }
  /** TLS, and a certificate that one of them vouches for. They were found at `base`: that server is asked for (RFC 7672 §2.2.3). */
  | { readonly kind: "records"; readonly base: string; readonly records: readonly TlsaRecord[] }
  /** There are records, and none that is used between mail servers: TLS, with any certificate. */
  | { readonly kind: "unusable"; readonly base: string; readonly records: readonly TlsaRecord[] }
  /** Somebody may keep them from us: this host gets nothing now. */
  | { readonly kind: "unavailable"; readonly cause: DnsFailure };

/** Octets of a digest by matching type. */
const DIGEST_OCTETS: ReadonlyMap<number, number> = new Map([
  [1, 32],
  [2, 64],
]);

export type DaneResolver = Pick<ZoneResolver, "tlsa" | "cname">;

export async function findDane(
  host: Host,
  port: number,
  resolver: DaneResolver,
  deadlineMs: number,
): Promise<DaneFinding> {
  for (const base of await baseDomains(host, resolver, deadlineMs)) {
    const finding = await findAt(base, port, resolver, deadlineMs);
    if (finding.kind !== "none") return finding;
  }
  return { kind: "none" };
}

/**
 * The names that may have TLSA records, in their order (RFC 7672 §2.2.2). In a zone that is not signed nothing is asked for;
 * some of their servers would not even answer.
 */
async function baseDomains(host: Host, resolver: DaneResolver, deadlineMs: number): Promise<readonly string[]> {
  const { name, aliasOf } = host;
  if (host.authenticated) return aliasOf === undefined || aliasOf === name ? [name] : [aliasOf, name];
  if (!host.nameAuthenticated || aliasOf === undefined) return [];
  // The alias leads out of the signed zones: it may be signed itself, and then its own name counts.
  const alias = await resolver.cname(name, { deadlineMs });
  return alias.kind === "records" && alias.authenticated ? [name] : [];
}

async function findAt(base: string, port: number, resolver: DaneResolver, deadlineMs: number): Promise<DaneFinding> {
  const answer = await resolver.tlsa(`_${port}._tcp.${base}`, { deadlineMs });
  switch (answer.kind) {
    case "unavailable":
      return { kind: "unavailable", cause: answer.cause };
    case "no-such-name":
    case "no-data":
      return { kind: "none" };
    case "records": {
      if (!answer.authenticated) return { kind: "none" };
      const records = answer.records.filter(isUsable).slice(0, TLSA_RECORDS_MAX);
      if (records.length > 0) return { kind: "records", base, records };
      return { kind: "unusable", base, records: answer.records.slice(0, TLSA_RECORDS_MAX) };
    }
  }
}

/** RFC 7672 §3.1: DANE-TA(2) and DANE-EE(3), whole or hashed. */
function isUsable({ usage, selector, matchingType, data }: TlsaRecord): boolean {
  if ((usage !== 2 && usage !== 3) || selector > 1) return false;
  return matchingType === 0 ? data.length > 0 : DIGEST_OCTETS.get(matchingType) === data.length;
}
