/**
 * Questions to the DNS. An error is never an answer: what could not be asked is `unavailable`, and neither "listed" nor
 * "clean", neither "exists" nor "does not".
 */
export interface Resolver {
  /** IPv4 addresses in their one form. */
  a(name: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  aaaa(name: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  /** Names that an address (in its one form) points to, without the final dot, lower-case. */
  ptr(address: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  /** Each record's strings joined. */
  txt(name: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  mx(name: string, options: LookupOptions): Promise<DnsAnswer<MxRecord>>;
  tlsa(name: string, options: LookupOptions): Promise<DnsAnswer<TlsaRecord>>;
}

/** Questions about how a zone was written, which receiving and sending mail does not ask. */
export interface ZoneResolver extends Resolver {
  /** The name that this one is another word for; all other questions follow it by themselves. */
  cname(name: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  ns(name: string, options: LookupOptions): Promise<DnsAnswer<string>>;
  caa(name: string, options: LookupOptions): Promise<DnsAnswer<CaaRecord>>;
  srv(name: string, options: LookupOptions): Promise<DnsAnswer<SrvRecord>>;
}

export interface LookupOptions {
  /** Clock.monotonicMs() by which the caller wants an answer, whatever servers, retries and CNAMEs are in the way. */
  readonly deadlineMs: number;
  /** Seconds for which an answer already known is good enough, where its TTL is shorter. */
  readonly ttlSecondsMin?: number;
}

export type DnsAnswer<Data> =
  | {
      readonly kind: "records";
      readonly records: readonly Data[];
      /** Seconds the answer may still be believed: the smallest of the chain, less its age. */
      readonly ttlSeconds: number;
      /** A resolver that we trust, over a path that we trust, has validated it (AD bit, RFC 4035 §3.2.3). */
      readonly authenticated: boolean;
      /** The name at the end of the CNAME chain, lower-case; absent where the name that was asked for has the records itself. */
      readonly aliasOf?: string;
    }
  /** NXDOMAIN. */
  | { readonly kind: "no-such-name"; readonly ttlSeconds: number; readonly authenticated: boolean }
  /** The name exists, records of this type do not. */
  | { readonly kind: "no-data"; readonly ttlSeconds: number; readonly authenticated: boolean }
  | { readonly kind: "unavailable"; readonly cause: DnsFailure };

export type DnsFailure =
  /** No server answered in the caller's time. */
  | "timed-out"
  | "server-failure"
  | "refused"
  | "malformed"
  | "too-many-aliases"
  /** We ask too much at once. */
  | "overloaded";

export interface MxRecord {
  readonly preference: number;
  /** Lower-case without the final dot; empty for the null MX (RFC 7505). */
  readonly exchange: string;
}

/** RFC 2782. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Lower-case without the final dot; empty: the service is not there. */
  readonly target: string;
}

/** RFC 8659 §4. */
export interface CaaRecord {
  /** The reader must understand the tag. */
  readonly isCritical: boolean;
  /** `issue`, `issuewild`, `iodef` … in lower case. */
  readonly tag: string;
  readonly value: string;
}

export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly data: Uint8Array;
}
