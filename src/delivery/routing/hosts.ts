/** The hosts that take mail for a destination, best first, with their addresses. */

export interface Host {
  /** Name of the MX or of the next hop; an address where that is all there is. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** MX and addresses were validated: TLSA records of this name may be believed (RFC 7672 §2.2). */
  readonly authenticated: boolean;
  /** The MX record alone was: the name may be believed (RFC 8689 §4.2.1). */
  readonly nameAuthenticated: boolean;
  /** The name at the end of the CNAME chain, where the host's own is an alias of it. */
  readonly aliasOf?: string | undefined;
  /** Whose MX it is, as written and behind its CNAMEs: its certificate may name these instead (RFC 7672 §3.2.2). */
  readonly domains: readonly string[];
}

export type Hosts =
  | { readonly kind: "hosts"; readonly hosts: readonly Host[]; readonly notes: readonly string[] }
  | { readonly kind: "path"; readonly path: string }
  | RoutingProblem;

export interface RoutingProblem {
  readonly kind: "problem";
  readonly outcome: "failed" | "deferred";
  readonly code: number | null;
  /** RFC 3463. */
  readonly enhanced: string;
  readonly text: string;
}
