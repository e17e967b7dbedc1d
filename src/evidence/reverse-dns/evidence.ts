/** What the DNS says about the client's address and about the name in HELO or EHLO. Facts only; no judgement. */
import type { DnsAnswer } from "#ports/resolver.ts";

/** An answer of the resolver as it came, TTL and failure included. */
export type NameAnswer = DnsAnswer<string>;

export interface ReverseDnsEvidence {
  /** The client's address in its one form. */
  readonly client: string;
  /**
   * - `confirmed`: a name that the address points to points back to it.
   * - `not-confirmed`: there are names, each was asked for its addresses, and none points back.
   * - `no-name`: the DNS said that there is no PTR record.
   * - `not-checked`: an error stood in the way; counts for nothing.
   */
  readonly state: "confirmed" | "not-confirmed" | "no-name" | "not-checked";
  /** The first name that points back; the only one that may ever allow-list anybody. */
  readonly confirmedName: string | undefined;
  /** The PTR answer with all its names. */
  readonly pointer: NameAnswer;
  /** The names that were followed, at most ten. */
  readonly names: readonly PointerName[];
  /** Names beyond the bound, not looked at. */
  readonly namesLeftOut: number;
  /** Does the confirmed name, or without one every name, look like one that a provider gives to all its customers? */
  readonly generic: GenericName | undefined;
}

export interface PointerName {
  readonly name: string;
  readonly forward: "matches" | "differs" | "no-address" | "not-a-host-name" | "not-checked";
  /** The A or AAAA answer, by the client's family; absent where the name was not asked. */
  readonly answer: NameAnswer | undefined;
}

/** A host name that was made from an address or that says what kind of line it is. */
export interface GenericName {
  readonly name: string;
  /** 0.5 to 3: how sure it is that such a host is no mail server. */
  readonly weight: number;
  /** What was seen, strongest first. */
  readonly signs: readonly GenericSign[];
}

export type GenericSign =
  /** All of the client's address, in decimal or hexadecimal, in any order. */
  | "holds-the-address"
  /** The last two octets of it. */
  | "holds-half-the-address"
  /** `dyn`, `dhcp`, `pppoe`, `dialup`. */
  | "dynamic-word"
  /** `dsl`, `cable`, `ftth`, `mobile`. */
  | "access-line-word"
  /** `pool`, `customer`, `client`, `broadband`. */
  | "customer-word"
  /** Mostly digits, whatever the address is. */
  | "numbers"
  /** `mail`, `mx`, `smtp`, `static`: speaks for a server; lowers the weight. */
  | "server-word";

export interface HeloEvidence {
  /** As the client said it. */
  readonly helo: string;
  readonly form:
    | "name"
    /** One label without a dot: allowed on submission. */
    | "single-label"
    /** `[192.0.2.5]`, `[IPv6:2001:db8::1]`. */
    | "literal"
    /** An address without brackets. */
    | "bare-address"
    /** Not by the grammar of RFC 5321 §4.1.1.1. */
    | "malformed";
  /** Our own name or address in a stranger's mouth. */
  readonly claimsToBeUs: "no" | "name" | "address";
  /** The address of a literal or a bare address. */
  readonly address:
    | {
        readonly value: string;
        /** Loopback, private, link-local, or otherwise not of the public Internet. */
        readonly isPrivate: boolean;
        readonly isClient: boolean;
      }
    | undefined;
  /**
   * - `resolves`: the name has an address.
   * - `unresolvable`: the DNS said that it has none, of either family.
   * - `not-checked`: an error stood in the way; counts for nothing.
   * - `not-asked`: there is no name to ask for.
   */
  readonly resolution: "resolves" | "unresolvable" | "not-checked" | "not-asked";
  /**
   * - `address`: one of the name's addresses is the client's.
   * - `pointer`: not so, but the client's confirmed name is in the same registered domain.
   * - `differs`: the name has addresses, or none, and nothing leads to the client.
   * - `not-checked`, `not-asked`: as above.
   */
  readonly match: "address" | "pointer" | "differs" | "not-checked" | "not-asked";
  readonly a: NameAnswer | undefined;
  readonly aaaa: NameAnswer | undefined;
  readonly generic: GenericName | undefined;
}
