/** Keeps the health and the numbers of all lists: runs the canaries, hears every answer, and says who may be asked. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Resolver } from "#ports/resolver.ts";
import type { ListAlert } from "./alerts.ts";
import { askCanaries, type CanaryResult } from "./canaries.ts";
import type { DnsList } from "./dns-list.ts";
import type { ListFinding, ListOutcome, SkipReason } from "./evidence.ts";
import { CANARIES_AGAIN_MS, CANARIES_BUDGET_MS, CANARIES_EVERY_MS } from "./limits.ts";
import {
  afterCanaries,
  afterJudgement,
  afterOutcome,
  type HealthChange,
  type HealthSurroundings,
  type JudgedSender,
  type ListHealth,
  NEW_LIST,
  skipReason,
} from "./list-health.ts";
import {
  countJudgement,
  countOutcome,
  disagreement,
  hitRate,
  type ListStatistics,
  NO_STATISTICS,
} from "./list-statistics.ts";
import type { ListGuard } from "./query-lists.ts";

export interface ListWatchOptions {
  readonly lists: readonly DnsList[];
  readonly resolver: Resolver;
  /** Whom we ask, for alerts. */
  readonly resolverName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onAlert: (alert: ListAlert) => void;
}

export interface ListReport extends ListStatistics {
  readonly list: string;
  readonly title: string;
  readonly zone: string;
  /** `skipped`: too many time-outs, for some minutes. */
  readonly state: ListHealth["state"] | "skipped";
  readonly hitRate: number | undefined;
  readonly disagreement: number | undefined;
}

interface Watched {
  readonly list: DnsList;
  health: ListHealth;
  statistics: ListStatistics;
  timer: Timer | undefined;
}

export class ListWatch implements ListGuard {
  readonly #options: ListWatchOptions;
  readonly #watched: ReadonlyMap<string, Watched>;
  #isRunning = false;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#watched = new Map(
      options.lists.map((list) => [list.list, { list, health: NEW_LIST, statistics: NO_STATISTICS, timer: undefined }]),
    );
  }

  /** Runs the canaries of all lists, now and from now on. Resolves after the first round. */
  async start(): Promise<void> {
    this.#isRunning = true;
    await Promise.all([...this.#watched.values()].map((watched) => this.#round(watched)));
  }

  stop(): void {
    this.#isRunning = false;
    for (const { timer } of this.#watched.values()) timer?.cancel();
  }

  skipReason({ list }: DnsList, { ipv6 }: { readonly ipv6: boolean }): SkipReason | undefined {
    const { health = NEW_LIST } = this.#watched.get(list) ?? {};
    return skipReason(health, { ipv6, nowMs: this.#options.clock.monotonicMs() });
  }

  saw({ list }: DnsList, outcome: ListOutcome): void {
    const watched = this.#watched.get(list);
    if (watched === undefined) return;
    watched.statistics = countOutcome(watched.statistics, outcome, this.#options.clock.now());
    this.#take(watched, afterOutcome(watched.health, outcome, this.#around(watched)));
  }

  /**
   * What became of a message, told once for each finding about its client or sender.
   * @param isOtherwiseGood nothing else spoke against it, and something for it.
   */
  judged({ list, subject, outcome }: ListFinding, isOtherwiseGood: boolean): void {
    const isListed = outcome.kind === "listed";
    if (isListed || outcome.kind === "clean") this.#judged(list, { sender: subject.value, isListed, isOtherwiseGood });
  }

  /**
   * The same of a list that was asked about the links of a message, told once: its sender answers for all of them.
   * @param sender who is counted once: the client's address.
   */
  judgedLinks(findings: readonly ListFinding[], sender: string, isOtherwiseGood: boolean): void {
    const answered = findings.filter(({ outcome: { kind } }) => kind === "listed" || kind === "clean");
    const [first] = answered;
    if (first === undefined) return;
    const isListed = answered.some(({ outcome: { kind } }) => kind === "listed");
    // A list may also know the sender itself: two things, counted apart.
    this.#judged(first.list, { sender: `links of ${sender}`, isListed, isOtherwiseGood });
  }

  report(): readonly ListReport[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#watched.values()].map(({ list: { list, title, zone }, health, statistics }) => ({
      ...statistics,
      list,
      title,
      zone,
      state: skipReason(health, { ipv6: false, nowMs }) === "timing-out" ? "skipped" : health.state,
      hitRate: hitRate(statistics),
      disagreement: disagreement(statistics),
    }));
  }

  #judged(list: string, judged: JudgedSender): void {
    const watched = this.#watched.get(list);
    if (watched === undefined) return;
    if (judged.isListed) watched.statistics = countJudgement(watched.statistics, judged.isOtherwiseGood);
    this.#take(watched, afterJudgement(watched.health, judged, this.#around(watched)));
  }

  async #round(watched: Watched): Promise<void> {
    const { clock, resolver, random } = this.#options;
    const deadlineMs = clock.monotonicMs() + CANARIES_BUDGET_MS;
    const randomLabel = random.id().toLowerCase();
    const result: CanaryResult = await askCanaries(watched.list, { resolver, deadlineMs, randomLabel });
    if (!this.#isRunning) return;
    this.#take(watched, afterCanaries(watched.health, result, this.#around(watched)));
    const delayMs = result.kind === "could-not-check" ? CANARIES_AGAIN_MS : CANARIES_EVERY_MS;
    watched.timer = clock.after(delayMs, () => void this.#round(watched));
  }

  #take(watched: Watched, { health, alert }: HealthChange): void {
    watched.health = health;
    if (alert !== undefined) this.#options.onAlert(alert);
  }

  #around({ list }: Watched): HealthSurroundings {
    return { list, resolverName: this.#options.resolverName, nowMs: this.#options.clock.monotonicMs() };
  }
}
