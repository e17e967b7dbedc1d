/** Whether a host's TLSA records bind us (RFC 7672 §2.2). */
import type { DnsFailure, Resolver, TlsaRecord } from "#ports/resolver.ts";
import type { Host } from "../routing/hosts.ts";
import { TLSA_RECORDS_MAX } from "./limits.ts";

export type DaneFinding =
  /** No records, or nobody vouches for them. */
  | { readonly kind: "none" }
  /** TLS, and a certificate that one of them vouches for. */
  | { readonly kind: "records"; readonly records: readonly TlsaRecord[] }
  /** There are records, and none that is used between mail servers: TLS, with any certificate. */
  | { readonly kind: "unusable" }
  /** Somebody may keep them from us: this host gets nothing now. */
  | { readonly kind: "unavailable"; readonly cause: DnsFailure };

/** Octets of a digest by matching type. */
const DIGEST_OCTETS: ReadonlyMap<number, number> = new Map([
  [1, 32],
  [2, 64],
]);

export async function findDane(host: Host, port: number, resolver: Resolver, deadlineMs: number): Promise<DaneFinding> {
  // RFC 7672 §2.2.2: in a zone that is not signed nothing is asked for; some of their servers would not even answer.
  if (!host.authenticated) return { kind: "none" };
  const answer = await resolver.tlsa(`_${port}._tcp.${host.name}`, { deadlineMs });
  switch (answer.kind) {
    case "unavailable":
      return { kind: "unavailable", cause: answer.cause };
    case "no-such-name":
    case "no-data":
      return { kind: "none" };
    case "records": {
      if (!answer.authenticated) return { kind: "none" };
      const records = answer.records.filter(isUsable).slice(0, TLSA_RECORDS_MAX);
      return records.length > 0 ? { kind: "records", records } : { kind: "unusable" };
    }
  }
}

/** RFC 7672 §3.1: DANE-TA(2) and DANE-EE(3), whole or hashed. */
function isUsable({ usage, selector, matchingType, data }: TlsaRecord): boolean {
  if ((usage !== 2 && usage !== 3) || selector > 1) return false;
  return matchingType === 0 ? data.length > 0 : DIGEST_OCTETS.get(matchingType) === data.length;
}
