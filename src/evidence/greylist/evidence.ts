/** Was this sender met before? Facts only; whether it has to wait is the verdict's affair. */
export interface GreylistEvidence {
  /** What the sender is told apart by: a domain or a network, never one address. */
  readonly key: string;
  /**
   * - `first-met`: it has not been met, or not waited long enough.
   * - `came-again`: it has waited and is here within the time for that.
   * - `known`: it need not wait.
   */
  readonly standing: "first-met" | "came-again" | "known";
  /** For `known`. */
  readonly because: KnownBecause | null;
  /** Its first try, milliseconds since the epoch; null where this is the first one. */
  readonly firstMs: number | null;
  /** Tries before this one that had to wait. */
  readonly tries: number;
  /** Milliseconds until it is let in; 0 unless `first-met`. */
  readonly waitMs: number;
}

export type KnownBecause =
  /** It came again after the wait, within the last weeks. */
  | "waited"
  /** Mail of it, or of its network, went into an inbox within the last weeks. */
  | "delivered"
  /** A user here has written to the sender's address. */
  | "written-to"
  /** The administrator let it through. */
  | "released"
  /** An allow list has its address. */
  | "allow-listed";
