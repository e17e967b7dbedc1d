/** What many reports come to: for each domain of ours who sends in its name, how TLS went, what came back, who complained. */
import { isFailing } from "#mail/reports/aggregate-report.ts";
import { domainOf } from "#mail/reports/plain-text.ts";
import type { AggregateReport, BounceReport, ComplaintReport, Report, TlsReport } from "#mail/reports/report.ts";
import { SOURCES_SUMMED_MAX } from "../limits.ts";

export interface ReportSums {
  readonly dmarc: readonly DmarcSum[];
  readonly tls: readonly TlsSum[];
  readonly bounce: readonly CountedBy[];
  readonly arf: readonly CountedBy[];
}

export interface DmarcSum {
  readonly domain: string;
  readonly reports: number;
  readonly messages: number;
  readonly failed: number;
  /** Those that fail first, then by messages. */
  readonly sources: readonly SourceSum[];
  /** Messages of sources that are not told apart here. */
  readonly messagesElsewhere: number;
}

export interface SourceSum {
  readonly sourceIp: string;
  readonly headerFrom: string;
  readonly messages: number;
  /** Nothing aligned. */
  readonly failed: number;
  readonly dkim: number;
  readonly spf: number;
  /** Messages by what the receivers did. */
  readonly dispositions: Readonly<Record<string, number>>;
}

export interface TlsSum {
  readonly domain: string;
  readonly policy: string;
  readonly successes: number;
  readonly failures: number;
  readonly details: readonly CountedBy[];
}

/** `by`: what is counted, its most important word first. */
export interface CountedBy {
  readonly by: readonly string[];
  readonly count: number;
}

type Open<Sum> = { -readonly [Key in keyof Sum]: Sum[Key] };

class Counts {
  readonly #counts = new Map<string, Open<CountedBy>>();

  add(by: readonly string[], count: number): void {
    const key = by.join(" ");
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += count;
    else if (this.#counts.size < SOURCES_SUMMED_MAX) this.#counts.set(key, { by, count });
  }

  list(): readonly CountedBy[] {
    return [...this.#counts.values()].toSorted((one, other) => other.count - one.count);
  }
}

interface OpenDmarc extends Open<Omit<DmarcSum, "sources">> {
  readonly sources: Map<string, Open<SourceSum> & { readonly dispositions: Record<string, number> }>;
}

interface OpenTls extends Open<Omit<TlsSum, "details">> {
  readonly details: Counts;
}

export class ReportSummer {
  readonly #dmarc = new Map<string, OpenDmarc>();
  readonly #tls = new Map<string, OpenTls>();
  readonly #bounces = new Counts();
  readonly #complaints = new Counts();

  add(report: Report): void {
    switch (report.kind) {
      case "dmarc":
        return this.#addAggregate(report);
      case "tls":
        return this.#addTls(report);
      case "bounce":
        return this.#addBounce(report);
      case "arf":
        return this.#addComplaint(report);
    }
  }

  sums(): ReportSums {
    return {
      dmarc: [...this.#dmarc.values()].map((sum) => ({
        ...sum,
        sources: [...sum.sources.values()].toSorted(failingFirst),
      })),
      tls: [...this.#tls.values()].map((sum) => ({ ...sum, details: sum.details.list() })),
      bounce: this.#bounces.list(),
      arf: this.#complaints.list(),
    };
  }

  #addAggregate({ domain, messages, failed, rows }: AggregateReport): void {
    const empty: OpenDmarc = { domain, reports: 0, messages: 0, failed: 0, sources: new Map(), messagesElsewhere: 0 };
    const sum = this.#dmarc.get(domain) ?? empty;
    this.#dmarc.set(domain, sum);
    sum.reports++;
    sum.messages += messages;
    sum.failed += failed;
    sum.messagesElsewhere += messages - rows.reduce((total, { count }) => total + count, 0);
    for (const row of rows) {
      const { sourceIp, headerFrom, count, dkim, spf, disposition } = row;
      const key = `${sourceIp} ${headerFrom}`;
      if (!sum.sources.has(key) && sum.sources.size >= SOURCES_SUMMED_MAX) {
        sum.messagesElsewhere += count;
        continue;
      }
      const source = sum.sources.get(key) ?? { sourceIp, headerFrom, ...NOTHING, dispositions: {} };
      sum.sources.set(key, source);
      source.messages += count;
      if (isFailing(row)) source.failed += count;
      if (dkim) source.dkim += count;
      if (spf) source.spf += count;
      const name = DISPOSITIONS.includes(disposition) ? disposition : "other";
      source.dispositions[name] = (source.dispositions[name] ?? 0) + count;
    }
  }

  #addTls({ policies }: TlsReport): void {
    for (const { domain, type, successes, failures, details } of policies) {
      const key = `${domain} ${type}`;
      const empty: OpenTls = { domain, policy: type, successes: 0, failures: 0, details: new Counts() };
      const sum = this.#tls.get(key) ?? empty;
      if (this.#tls.size >= SOURCES_SUMMED_MAX && !this.#tls.has(key)) continue;
      this.#tls.set(key, sum);
      sum.successes += successes;
      sum.failures += failures;
      for (const detail of details) sum.details.add([detail.type, detail.mx, detail.reason], detail.count);
    }
  }

  #addBounce({ recipients }: BounceReport): void {
    for (const { address, action, status } of recipients) this.#bounces.add([domainOf(address), action, status], 1);
  }

  #addComplaint({ domain, feedbackType, reporter, incidents }: ComplaintReport): void {
    this.#complaints.add([domain, feedbackType, reporter], incidents);
  }
}

function failingFirst(one: SourceSum, other: SourceSum): number {
  return other.failed - one.failed || other.messages - one.messages;
}

const NOTHING = { messages: 0, failed: 0, dkim: 0, spf: 0 };
const DISPOSITIONS = ["none", "pass", "quarantine", "reject"];
