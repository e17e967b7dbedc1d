/** What is known of a sender beforehand: entries of the administrator's sender lists, and whose correspondent it is. Facts only. */

export interface SenderListEvidence {
  /** Entries that match, those of single accounts and the most exact ones first. */
  readonly listings: readonly SenderListing[];
  /** Recipients here that have written to the sender; only those that were asked for. */
  readonly writtenTo: readonly WrittenTo[];
  /** The message is still to come, and may prove what the envelope does not. */
  readonly awaitsProof: boolean;
}

/** An entry as it is kept. */
export interface SenderEntry {
  readonly kind: "allow" | "deny";
  /** `local-part@domain`, `@domain`, `@*.domain` for all names below it, an IP address or a network. */
  readonly subject: string;
  /** Whose mail it is about: `local-part@domain` of one account, `@domain`, or empty for everybody's. */
  readonly scope: string;
  readonly note: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface SenderListing extends SenderEntry {
  /** What of the message it matches: the envelope's sender, the author (From), or the client's address. */
  readonly matched: "mail-from" | "author" | "client";
  /** The matched address. */
  readonly value: string;
}

export interface WrittenTo {
  /** Canonical address of the account that wrote. */
  readonly account: string;
  /** To whom, as it is matched now. */
  readonly matched: "mail-from" | "author";
  readonly value: string;
  /** When it wrote last, milliseconds since the epoch. */
  readonly lastMs: number;
}

export const NO_SENDER_LISTS: SenderListEvidence = { listings: [], writtenTo: [], awaitsProof: false };
