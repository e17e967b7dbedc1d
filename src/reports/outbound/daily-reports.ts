/**
 * Once a day, UTC, tells other domains what was seen of them yesterday: how TLS with their servers went (RFC 8460), and who sent
 * in their name (RFC 9990). Each report is claimed in the store before it is made: it goes out once, or never.
 */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Resolver } from "#ports/resolver.ts";
import type { Store } from "#store/store.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import {
  DAYS_BACK,
  DECISIONS_PER_PAGE,
  DOMAINS_PER_DAY_MAX,
  JITTER_MS_MAX,
  LOOK_EVERY_MS,
  LOOKUP_MS,
  PAGE_PAUSE_MS,
} from "../limits.ts";
import { AggregateCollector, type CollectedReport } from "./aggregate-collector.ts";
import { reportableDecision } from "./aggregate-facts.ts";
import { aggregateXml } from "./aggregate-xml.ts";
import { agreedDestinations } from "./external-destinations.ts";
import { type Destination, dmarcDestinations, tlsDestinations } from "./report-address.ts";
import { DAY_MS, dayBegin, dayOf, daySeconds } from "./report-day.ts";
import type { ReportSender } from "./report-sender.ts";
import { tlsReportJson } from "./tls-counts.ts";

export interface DailyReportsOptions {
  readonly store: Pick<Store, "listTalliedDomains" | "listReportTallies" | "claimReport" | "findDecisions">;
  readonly resolver: Pick<Resolver, "txt">;
  readonly sender: Pick<ReportSender, "send">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hostname: string;
  readonly organization: string;
  readonly from: string;
  readonly kinds: readonly ("tls" | "dmarc")[];
  /** Do others send their reports to this address? */
  readonly isReportAddress: (address: string) => boolean;
}

/** Times that a day is gone through again for domains whose DNS did not answer. */
const ROUNDS_MAX = 3;

export class DailyReports {
  readonly #options: DailyReportsOptions;
  readonly #jitterMs: number;
  /** Times that a day was gone through; `ROUNDS_MAX` when nothing was left. */
  readonly #rounds = new Map<string, number>();
  #timer: Timer | undefined;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: DailyReportsOptions) {
    this.#options = options;
    const [high = 0, low = 0] = options.random.bytes(2);
    this.#jitterMs = Math.floor(((high * 256 + low) / 65_536) * JITTER_MS_MAX);
    this.#wait();
  }

  /** Resolves when the report that is being made is done with. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    return this.#working;
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#working = this.#look().finally(() => this.#wait());
    });
  }

  async #look(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const days = Array.from({ length: DAYS_BACK }, (_, index) => dayOf(nowMs - (DAYS_BACK - index) * DAY_MS));
    for (const day of days) {
      if (nowMs < dayBegin(day) + DAY_MS + this.#jitterMs) continue;
      for (const kind of this.#options.kinds) await this.#report(kind, day);
    }
    for (const key of this.#rounds.keys()) if (!days.some((day) => key.endsWith(day))) this.#rounds.delete(key);
  }

  async #report(kind: "tls" | "dmarc", day: string): Promise<void> {
    const key = `${kind} ${day}`;
    const round = this.#rounds.get(key) ?? 0;
    if (round >= ROUNDS_MAX || this.#isClosed) return;
    try {
      const left = kind === "tls" ? await this.#tls(day) : await this.#dmarc(day);
      this.#rounds.set(key, left === 0 ? ROUNDS_MAX : round + 1);
    } catch (error) {
      this.#rounds.set(key, round + 1);
      this.#options.log.error("reports-failed", { kind, day, cause: String(error) });
    }
  }

  /** How many are left because their DNS did not answer. */
  async #tls(day: string): Promise<number> {
    const { store, resolver, hostname, organization, from } = this.#options;
    let left = 0;
    for (const domain of await store.listTalliedDomains("tls", day, DOMAINS_PER_DAY_MAX)) {
      if (this.#isClosed) break;
      const answer = await resolver.txt(`_smtp._tls.${domain}`, { deadlineMs: this.#deadlineMs() });
      if (answer.kind === "unavailable") left++;
      if (answer.kind !== "records") continue;
      const destinations = tlsDestinations(answer.records);
      if (destinations.length === 0 || !(await this.#claim("tls", day, domain))) continue;
      const reportId = `${day}.tls.${domain}@${hostname}`;
      const tallies = await store.listReportTallies("tls", day, domain);
      const report = tlsReportJson(tallies, { organization, contact: from, reportId, day });
      await this.#send("tls", { day, domain, reportId, text: JSON.stringify(report) }, destinations);
    }
    return left;
  }

  async #dmarc(day: string): Promise<number> {
    const { resolver, hostname, organization, from } = this.#options;
    let left = 0;
    for (const report of await this.#collected(day)) {
      if (this.#isClosed) break;
      const { domain } = report;
      const destinations = await this.#dmarcDestinations(report, resolver);
      if (destinations === "unavailable") left++;
      if (destinations === "unavailable" || destinations.length === 0) continue;
      if (!(await this.#claim("dmarc", day, domain))) continue;
      const reportId = `${day}.${domain}@${hostname}`;
      const text = aggregateXml(report, { organization, email: from, reportId, ...daySeconds(day) });
      await this.#send("dmarc", { day, domain, reportId, text }, destinations);
    }
    return left;
  }

  /** The record as it is now: who has taken its address back is not written to any more. */
  async #dmarcDestinations(
    report: CollectedReport,
    resolver: Pick<Resolver, "txt">,
  ): Promise<readonly Destination[] | "unavailable"> {
    const answer = await resolver.txt(`_dmarc.${report.domain}`, { deadlineMs: this.#deadlineMs() });
    if (answer.kind === "unavailable") return "unavailable";
    const wanted = answer.kind === "records" ? (dmarcDestinations(answer.records) ?? []) : [];
    const agreed = await agreedDestinations(wanted, report, resolver, this.#deadlineMs());
    return agreed.ok ? agreed.value : agreed.problem;
  }

  async #collected(day: string): Promise<readonly CollectedReport[]> {
    const { store, clock } = this.#options;
    const collector = new AggregateCollector();
    const range = { fromMs: dayBegin(day), toMs: dayBegin(day) + DAY_MS } as const;
    let after: { readonly atMs: number; readonly id: string } | undefined;
    while (!this.#isClosed) {
      const page = {
        limit: DECISIONS_PER_PAGE,
        order: "oldest-first",
        ...(after === undefined ? {} : { after }),
      } as const;
      const rows = await store.findDecisions({ ...range, ...page });
      for (const { record } of rows) {
        const decision = reportableDecision(JSON.parse(record) as DecisionRecord, this.#options.isReportAddress);
        if (decision !== undefined) collector.add(decision);
      }
      after = rows.at(-1);
      if (rows.length < DECISIONS_PER_PAGE) break;
      await new Promise<void>((resolve) => {
        clock.after(PAGE_PAUSE_MS, resolve);
      });
    }
    return collector.reports();
  }

  async #claim(kind: string, day: string, domain: string): Promise<boolean> {
    return this.#options.store.claimReport(`${kind} ${day} ${domain}`, this.#options.clock.now());
  }

  /** One that cannot be sent keeps no other back. */
  async #send(
    kind: "tls" | "dmarc",
    {
      day,
      ...report
    }: { readonly day: string; readonly domain: string; readonly reportId: string; readonly text: string },
    destinations: readonly Destination[],
  ): Promise<void> {
    const { sender, log } = this.#options;
    try {
      await sender.send({ kind, ...report, ...daySeconds(day) }, destinations);
    } catch (error) {
      log.error("report-not-sent", { kind, domain: report.domain, cause: String(error) });
    }
  }

  #deadlineMs(): number {
    return this.#options.clock.monotonicMs() + LOOKUP_MS;
  }
}
