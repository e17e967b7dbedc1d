/** A decision record as the store keeps it: found by any of its keys, shown and judged again by others. */
export interface DecisionRow {
  /** A row with the id of an older one replaces it. */
  readonly id: string;
  readonly atMs: number;
  /** What it can be found by, as typed: session and message IDs, addresses in canonical form, IP addresses, Message-IDs. */
  readonly keys: readonly string[];
  /** JSON. The store does not look into it. */
  readonly record: string;
}

export interface DecisionQuery {
  /** One of the row's keys, or the id itself; absent: all. */
  readonly key?: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** By time and id; ascending unless told otherwise. */
  readonly order?: "oldest-first" | "newest-first";
  /** At most `ROWS_PER_CALL_MAX`, which is also the default. */
  readonly limit?: number;
  /** Goes on after this row, in that order: its time and id. */
  readonly after?: { readonly atMs: number; readonly id: string };
}

/** What an entry of our own block list is told apart by. */
export interface BlockListKey {
  /** An address or network in its one form: `192.0.2.5`, `192.0.2.0/24`, `2001:db8::/64`. */
  readonly prefix: string;
  readonly scope: "smtp" | "auth" | "all";
  readonly kind: "ban" | "allow";
}

/** An entry of our own block list. The store does not judge: which one counts is the gate's affair. */
export interface BlockListRow extends BlockListKey {
  readonly reason: string;
  /** What led to it, a line each. */
  readonly evidence: readonly string[];
  readonly sinceMs: number;
  /** Null: until it is taken off. */
  readonly untilMs: number | null;
  readonly origin: "admin" | "rule" | "import";
  /** How many bans by a rule there were before this one. */
  readonly repeat: number;
}

export type BlockListChange =
  | { readonly kind: "put"; readonly entries: readonly BlockListRow[] }
  | { readonly kind: "remove"; readonly entries: readonly BlockListKey[] };
