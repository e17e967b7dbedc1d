/** Reports of others as the store keeps them, and what ours are made of. What they say is others' affair. */

export type ReportKind = "dmarc" | "tls" | "bounce" | "arf";

export interface NewReport {
  readonly kind: ReportKind;
  /** The domain of ours that it is about; empty where it names none. */
  readonly domain: string;
  readonly reporter: string;
  /** What tells it from others: one that comes again is not kept twice. */
  readonly key: string;
  /** The time it is about. Milliseconds since the epoch. */
  readonly beginMs: number;
  readonly endMs: number;
  readonly receivedMs: number;
  /** Who sent it, as the message says, and whether that domain stands behind it (DMARC). */
  readonly sender: string;
  readonly isProven: boolean;
  /** Messages, sessions, recipients or complaints; and those of them that went wrong. */
  readonly total: number;
  readonly failed: number;
  /** JSON. */
  readonly report: string;
}

export interface ReportRow extends NewReport {
  readonly id: number;
}

export interface ReportQuery {
  readonly kind?: ReportKind;
  readonly domain?: string;
  readonly sinceMs: number;
  /** Goes on behind that one. */
  readonly before?: number;
  /** At most `REPORTS_PER_CALL_MAX`. */
  readonly limit: number;
}

/** Something that was counted, for a report of ours. */
export interface ReportTally {
  readonly kind: "tls";
  /** `2030-01-31`, UTC. */
  readonly day: string;
  /** Whom the report goes to. */
  readonly domain: string;
  /** JSON: what was counted. */
  readonly facts: string;
  readonly count: number;
}

export interface ReportStore {
  /** False: it is here already. Beyond the bound the oldest goes, those that nothing proves first. */
  putReport(report: NewReport): Promise<boolean>;
  /** Newest first. */
  listReports(query: ReportQuery): Promise<readonly ReportRow[]>;
  findReport(id: number): Promise<ReportRow | undefined>;
  /** Adds to what was counted. Beyond the bound new ones are not kept. */
  addReportTallies(tallies: readonly ReportTally[]): Promise<void>;
  /** Domains of that day, in order; at most `limit`. */
  listTalliedDomains(kind: ReportTally["kind"], day: string, limit: number): Promise<readonly string[]>;
  /** What was counted of one domain, most first; at most `ROWS_PER_CALL_MAX`. */
  listReportTallies(kind: ReportTally["kind"], day: string, domain: string): Promise<readonly ReportTally[]>;
  /** True: nobody had it, and it is the caller's to send. What is claimed is never sent twice. */
  claimReport(key: string, nowMs: number): Promise<boolean>;
  /** Forgets some reports received before, and counts and claims of earlier days; how many. */
  pruneReports(before: { readonly receivedMs: number; readonly day: string }): Promise<number>;
}
