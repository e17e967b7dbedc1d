/** Senders that wait, and senders that need not, as the store keeps them. What keys mean, and who waits how long, is others' affair. */
export interface GreylistRow {
  readonly key: string;
  /** Why it need not wait; null: it waits. */
  readonly known: GreylistKnown | null;
  /** Of a sender that waits or has waited: its first try. */
  readonly firstMs: number;
  /** Its last try, or when it was last seen to be good. */
  readonly lastMs: number;
  /** Tries that were deferred. */
  readonly tries: number;
  readonly last: GreylistTry;
}

export type GreylistKnown = "waited" | "delivered" | "written-to" | "released";

/** The envelope and client of one try; texts are empty where there is none. */
export interface GreylistTry {
  /** `local-part@domain`, empty for `<>`. */
  readonly mailFrom: string;
  readonly client: string;
  readonly clientName: string;
  /** ID of the decision, for `why`. */
  readonly decision: string;
}

/** What is too old counts as not there. */
export interface GreylistAges {
  /** Waiting senders whose first try was before it begin anew. */
  readonly waitingSinceMs: number;
  /** Known senders not seen since then are forgotten. */
  readonly knownSinceMs: number;
}

export interface GreylistQuery {
  readonly which: "waiting" | "known";
  /** Last seen then or later. */
  readonly sinceMs: number;
  /** A key, a sender's address or a client's address; a key that ends in `+` stands for all that begin so. Absent: all. */
  readonly about?: string;
  /** At most `ROWS_PER_CALL_MAX`. */
  readonly limit: number;
  /** By last sight; newest first unless told otherwise. */
  readonly order?: "oldest-first";
}
