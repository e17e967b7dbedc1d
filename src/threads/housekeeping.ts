/** Forgets old decision records, old reports, senders of the greylist that did not come again, mail kept back whose time is over, what accounts sent long ago, and bans that are long over: in small pieces, so that mail never waits for it. */
import type { GreylistSettings } from "#evidence/greylist/settings.ts";
import { agesAt } from "#evidence/greylist/standing.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { TALLY_DAYS_KEPT } from "#reports/limits.ts";
import { dayOf } from "#reports/outbound/report-day.ts";
import type { Store } from "#store/store.ts";

export interface HousekeepingOptions {
  readonly store: Pick<
    Store,
    "pruneDecisions" | "pruneBlockList" | "pruneGreylist" | "pruneQuarantine" | "pruneReports" | "pruneSending"
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepDecisionsDays: () => number;
  readonly keepReportsDays: () => number;
  /** How long senders are remembered: those that wait, and those that need not. */
  readonly greylist: () => Pick<GreylistSettings, "windowMs" | "memoryMs">;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Between two rounds, the first included. Milliseconds. */
const ROUND_MS = 10 * 60 * 1000;
/** Between two pieces of one round: other writers have their turn. Milliseconds. */
const PIECE_MS = 250;
/** A ban that ended is kept so long: the next one of the same network lasts longer, over a restart too. Milliseconds. */
const ENDED_BANS_MS = 7 * DAY_MS;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: Timer;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#timer = options.clock.after(ROUND_MS, () => this.#work(true));
  }

  /** Resolves when the piece that is under way is done. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    return this.#working;
  }

  #work(isNewRound: boolean): void {
    this.#working = this.#piece(isNewRound).catch((error: unknown) => {
      this.#options.log.error("housekeeping-failed", { cause: String(error) });
      this.#next(false);
    });
  }

  async #piece(isNewRound: boolean): Promise<void> {
    const { store, clock, keepDecisionsDays, keepReportsDays, greylist } = this.#options;
    const nowMs = clock.now();
    if (isNewRound) await store.pruneBlockList(nowMs - ENDED_BANS_MS);
    const forgotten = await store.pruneDecisions(nowMs - keepDecisionsDays() * DAY_MS);
    const senders = await store.pruneGreylist(agesAt(nowMs, greylist()));
    const kept = await store.pruneQuarantine(nowMs);
    const sent = await store.pruneSending(nowMs);
    const reports = await store.pruneReports({
      receivedMs: nowMs - keepReportsDays() * DAY_MS,
      day: dayOf(nowMs - TALLY_DAYS_KEPT * DAY_MS),
    });
    this.#next(forgotten + senders + kept + sent + reports > 0);
  }

  #next(thereIsMore: boolean): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(thereIsMore ? PIECE_MS : ROUND_MS, () => this.#work(!thereIsMore));
  }
}
