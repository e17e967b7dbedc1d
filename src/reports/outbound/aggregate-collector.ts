/** Counts a day's decisions for the reports about them. What is beyond a bound is counted as left out. */
import type { DmarcRecordEvidence } from "#evidence/dmarc/evidence.ts";
import { DOMAINS_PER_DAY_MAX, ROWS_PER_DAY_MAX, ROWS_PER_REPORT_MAX } from "../limits.ts";
import type { AggregateFacts, ReportableDecision } from "./aggregate-facts.ts";
import type { PolicyPlace } from "./external-destinations.ts";

export interface CollectedReport extends PolicyPlace {
  /** As it was seen last (RFC 9990 §3.1). */
  readonly published: DmarcRecordEvidence;
  readonly rows: readonly CountedFacts[];
  /** Messages whose rows were too many. */
  readonly messagesLeftOut: number;
}

export interface CountedFacts {
  readonly facts: AggregateFacts;
  readonly count: number;
}

interface Collecting {
  published: DmarcRecordEvidence;
  organizationalDomain: string | undefined;
  /** By the JSON of the facts. */
  readonly rows: Map<string, { readonly facts: AggregateFacts; count: number }>;
  messagesLeftOut: number;
}

export class AggregateCollector {
  readonly #domains = new Map<string, Collecting>();
  #rows = 0;

  add({ published, organizationalDomain, facts }: ReportableDecision): void {
    const { domain } = published;
    let collecting = this.#domains.get(domain);
    if (collecting === undefined) {
      if (this.#domains.size >= DOMAINS_PER_DAY_MAX) return;
      collecting = { published, organizationalDomain, rows: new Map(), messagesLeftOut: 0 };
      this.#domains.set(domain, collecting);
    }
    collecting.published = published;
    collecting.organizationalDomain = organizationalDomain;
    const key = JSON.stringify(facts);
    const row = collecting.rows.get(key);
    if (row !== undefined) row.count++;
    else if (collecting.rows.size >= ROWS_PER_REPORT_MAX || this.#rows >= ROWS_PER_DAY_MAX)
      collecting.messagesLeftOut++;
    else {
      this.#rows++;
      collecting.rows.set(key, { facts, count: 1 });
    }
  }

  /** Those with a row. */
  reports(): readonly CollectedReport[] {
    return [...this.#domains]
      .filter(([, { rows }]) => rows.size > 0)
      .map(([domain, { rows, ...rest }]) => ({ domain, ...rest, rows: [...rows.values()] }));
  }
}
