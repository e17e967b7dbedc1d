/** What all fronts together know of the DNS lists: each watches them by itself, and tells the main thread how they are. */

import { disagreement, hitRate } from "#evidence/dnsbl/list-statistics.ts";
import type { ListReport, ListWatch } from "#evidence/dnsbl/list-watch.ts";
import type { Clock, Timer } from "#ports/clock.ts";

/** Between two looks whether there is anything new to tell. Milliseconds. */
const TELL_EVERY_MS = 1000;
/** A front that has nothing new tells so again after so long: one that is gone is forgotten. Milliseconds. */
const TELL_AGAIN_MS = 30_000;
const FORGET_AFTER_MS = 3 * TELL_AGAIN_MS;

export interface ListsTold {
  /** Which front. */
  readonly front: string;
  readonly lists: readonly ListReport[];
}

/** In a front. Returns what ends it. */
export function tellOfLists(
  watch: Pick<ListWatch, "report">,
  { front, clock, tell }: { readonly front: string; readonly clock: Clock; readonly tell: (told: ListsTold) => void },
): () => void {
  let lastText = "";
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  const look = (): void => {
    const lists = watch.report();
    const text = JSON.stringify(lists);
    const nowMs = clock.monotonicMs();
    if (lists.length > 0 && (text !== lastText || nowMs - lastMs >= TELL_AGAIN_MS)) {
      [lastText, lastMs] = [text, nowMs];
      tell({ front, lists });
    }
    timer = clock.after(TELL_EVERY_MS, look);
  };
  look();
  return () => timer?.cancel();
}

/** In the main thread. */
export class ListFigures {
  readonly #clock: Clock;
  readonly #told = new Map<string, { readonly lists: readonly ListReport[]; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  heard({ front, lists }: ListsTold): void {
    const atMs = this.#clock.monotonicMs();
    for (const [other, told] of this.#told) if (atMs - told.atMs > FORGET_AFTER_MS) this.#told.delete(other);
    this.#told.set(front, { lists, atMs });
  }

  /** In the order of the settings. */
  report(): readonly ListReport[] {
    const oldestMs = this.#clock.monotonicMs() - FORGET_AFTER_MS;
    const together = new Map<string, ListReport>();
    for (const { lists, atMs } of this.#told.values()) {
      if (atMs < oldestMs) continue;
      for (const report of lists) {
        const known = together.get(report.list);
        together.set(report.list, known === undefined ? report : added(known, report));
      }
    }
    return [...together.values()];
  }
}

/** The worst that a front knows of it, as that is what somebody has to look at. */
const WORSE: readonly ListReport["state"][] = [
  "healthy",
  "unproven",
  "skipped",
  "suspended",
  "refuses-us",
  "lists-the-world",
  "dead",
];

function added(one: ListReport, other: ListReport): ListReport {
  const sum = {
    listed: one.listed + other.listed,
    clean: one.clean + other.clean,
    unusable: one.unusable + other.unusable,
    judged: one.judged + other.judged,
    disagreed: one.disagreed + other.disagreed,
  };
  const { lastAtMs, lastAnswer } = (one.lastAtMs ?? 0) >= (other.lastAtMs ?? 0) ? one : other;
  const numbers = { ...sum, lastAtMs, lastAnswer };
  const state = WORSE.indexOf(one.state) >= WORSE.indexOf(other.state) ? one.state : other.state;
  return { ...one, ...numbers, state, hitRate: hitRate(numbers), disagreement: disagreement(numbers) };
}
