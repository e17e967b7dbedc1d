/** What the checks found out about one client and its envelope. Facts only, unknowns included; plain data that JSON can hold. */

export interface Evidence {
  /** The entry of our own block list that holds the client's address. */
  readonly blockList: BlockListEvidence | null;
  /** The client spoke before the greeting. */
  readonly spokeEarly: boolean;
  /** The client goes by our own name or address, from another machine. */
  readonly ownName: boolean;
  /** Answers of the DNS lists; null where none was asked. */
  readonly dnsbl: Readonly<Record<string, unknown>> | null;
  /** The client's names, and its HELO name; null where the DNS was not asked. */
  readonly reverseDns: Readonly<Record<string, unknown>> | null;
}

export interface BlockListEvidence {
  /** The address or network (CIDR) of the entry. */
  readonly entry: string;
  readonly scope: "smtp" | "auth" | "all";
  readonly reason: string;
  readonly origin: "admin" | "rule" | "import";
  readonly sinceMs: number;
  /** Milliseconds since the epoch; null is for ever. */
  readonly untilMs: number | null;
}

export const noEvidence: Evidence = {
  blockList: null,
  spokeEarly: false,
  ownName: false,
  dnsbl: null,
  reverseDns: null,
};
