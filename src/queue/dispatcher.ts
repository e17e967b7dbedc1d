/**
 * Drives the queue: takes what is due as far as there is room, has each job tried, and writes down what became of it. It
 * keeps nothing but what is under way; what is not written down is found again after a crash.
 */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { QueueClaim, QueueJob } from "#store/queue-rows.ts";
import type { Store } from "#store/store.ts";
import { type Attempt, type AttemptReport, RECIPIENTS_PER_ATTEMPT_MAX } from "./attempt.ts";
import type { BounceDesk } from "./bounces/bounce-desk.ts";
import { DestinationPaces } from "./destination-pace.ts";
import { JobRun } from "./job-run.ts";
import { ABORT_MS, DEAD_KEPT_MS, DRAIN_MS, JOBS_PER_CLAIM_MAX, LOOK_AT_LEAST_MS, PRUNE_EVERY_MS } from "./limits.ts";
import type { QueueSettings } from "./settings.ts";

/** What came of a try, for one recipient. Those that are broken off as the server stops are none. */
export type DeliveryOutcome = "delivered" | "deferred" | "failed";

export interface DispatcherOptions {
  readonly store: Pick<
    Store,
    | "claimQueued"
    | "markFinishing"
    | "settleQueued"
    | "nextQueueTurn"
    | "findSuppressed"
    | "pruneQueue"
    | "readContent"
    | "onEvent"
  >;
  readonly attempt: Attempt;
  readonly bounces: Pick<BounceDesk, "deliveryOf">;
  readonly settings: QueueSettings;
  readonly hearOutcome?: (outcome: DeliveryOutcome) => void;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  readonly log: Log;
  /** Hears of every attempt, once it is written down. */
  readonly attempted?: (queueId: number, report: AttemptReport) => void;
  /** The disk has lost a message, or its end: it waits, and whoever looks after the server should know. */
  readonly messageLost?: (queueId: number, what: string) => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #paces: DestinationPaces;
  /** Attempts, by whom they are for. */
  readonly #trying = new Map<QueueJob, number>();
  /** Those, and what became of others while it is written down. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #stopListening: () => void;
  #look: Timer | undefined;
  #isLooking = false;
  #looksAgain = false;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #prunedAtMs = 0;

  /** Begins at once. */
  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#paces = new DestinationPaces(options.settings.attemptsPerDestinationMax);
    this.#stopListening = options.store.onEvent(({ kind }) => {
      if (kind === "queue") this.wake();
    });
    this.wake();
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isClosed) return;
    if (this.#isLooking) {
      this.#looksAgain = true;
      return;
    }
    this.#isLooking = true;
    this.#look?.cancel();
    void this.#lookAround();
  }

  /** Takes no more; what is under way gets some time, then it is broken off and goes back into the queue. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    this.#look?.cancel();
    this.#stopListening();
    if (await this.#allDone(DRAIN_MS)) return;
    this.#abort.abort();
    if (!(await this.#allDone(ABORT_MS))) {
      this.#options.log.warn("queue-not-drained", { underWay: this.#underWay.size });
    }
  }

  async #lookAround(): Promise<void> {
    const { log, clock } = this.#options;
    let nextMs = LOOK_AT_LEAST_MS;
    try {
      do {
        this.#looksAgain = false;
        await this.#fill();
      } while (this.#looksAgain && !this.#isClosed);
      await this.#pruneNowAndThen();
      nextMs = await this.#untilNext();
    } catch (error) {
      log.error("queue-not-read", { cause: String(error) });
    }
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (this.#looksAgain) return this.wake();
    this.#look = clock.after(nextMs, () => this.wake());
  }

  /** Gives out jobs until there is no room, or nothing that can go. */
  async #fill(): Promise<void> {
    const { store, settings, clock } = this.#options;
    while (!this.#isClosed) {
      const nowMs = clock.now();
      const jobsMax = this.#room(nowMs);
      if (jobsMax <= 0) return;
      const jobs = await store.claimQueued({
        nowMs,
        jobsMax,
        recipientsPerJobMax: RECIPIENTS_PER_ATTEMPT_MAX,
        rooms: settings.oneNextHop ? [] : this.#paces.rooms(),
        roomDefault: settings.oneNextHop ? jobsMax : this.#paces.roomDefault,
        parked: settings.oneNextHop ? [] : this.#paces.parked(nowMs),
        ...this.#senderRooms(),
      });
      for (const job of jobs) this.#begin(job);
      if (jobs.length < jobsMax) return;
    }
  }

  #room(nowMs: number): number {
    const { attemptsMax, oneNextHop } = this.#options.settings;
    const free = Math.min(JOBS_PER_CLAIM_MAX, attemptsMax - this.#trying.size);
    if (!oneNextHop) return free;
    if (this.#paces.parked(nowMs).length > 0) return 0;
    const [hop] = this.#paces.rooms();
    return Math.min(free, hop?.room ?? this.#paces.roomDefault);
  }

  /** Nobody's mail has more than half of all attempts: others' may come at any moment. */
  #senderRooms(): Pick<QueueClaim, "senderRooms" | "senderRoomDefault"> {
    const counts = new Map<number, number>();
    for (const senderId of this.#trying.values()) counts.set(senderId, (counts.get(senderId) ?? 0) + 1);
    const max = Math.max(1, Math.floor(this.#options.settings.attemptsMax / 2));
    return {
      senderRooms: [...counts].map(([senderId, count]) => ({ senderId, room: Math.max(0, max - count) })),
      senderRoomDefault: max,
    };
  }

  #begin(given: QueueJob): void {
    const { clock, settings } = this.#options;
    // To one next hop everything is one destination.
    const domain = settings.oneNextHop ? "" : given.domain;
    const isBusy = this.#paces.begin(domain, clock.now());
    const job = { ...given, moreWaits: given.moreWaits || isBusy };
    this.#trying.set(job, job.senderId);
    // The next ones are given out in the same transaction that writes down what became of this one.
    const free = (report: AttemptReport | undefined): void => {
      if (!this.#trying.delete(job)) return;
      this.#paces.end(domain, report, clock.now());
      this.wake();
    };
    const run = new JobRun(this.#options, job, this.#abort.signal).run(free).finally(() => {
      this.#underWay.delete(run);
      free(undefined);
    });
    this.#underWay.add(run);
  }

  async #untilNext(): Promise<number> {
    const { store, clock } = this.#options;
    const nowMs = clock.now();
    const next = await store.nextQueueTurn(nowMs);
    const parked = this.#paces.parked(nowMs).map(({ untilMs }) => untilMs);
    const soonest = Math.min(next ?? Number.POSITIVE_INFINITY, ...parked.slice(0, 1000));
    return Math.min(LOOK_AT_LEAST_MS, Math.max(1, soonest - nowMs));
  }

  async #pruneNowAndThen(): Promise<void> {
    const { store, clock } = this.#options;
    const nowMs = clock.now();
    if (Math.abs(nowMs - this.#prunedAtMs) < PRUNE_EVERY_MS) return;
    // What is left over, the next round has.
    if ((await store.pruneQueue(nowMs, nowMs - DEAD_KEPT_MS)) === 0) this.#prunedAtMs = nowMs;
  }

  async #allDone(withinMs: number): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const timer = this.#options.clock.after(withinMs, () => late.resolve(false));
    const done = Promise.all(this.#underWay).then(() => true);
    const answer = await Promise.race([done, late.promise]);
    timer.cancel();
    return answer;
  }
}
