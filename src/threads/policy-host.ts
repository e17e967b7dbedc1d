/**
 * Asks the policy file, in a thread of its own, and answers whatever becomes of that thread: a question that is stuck ends it
 * at its budget, the others that waited there are asked once more in a new one, and a file that fails again and again is
 * left alone for a while. Nothing here waits without a bound.
 */
import { POLICY_STAGES, type PolicyFailure, type PolicyStage, type StageAnswer } from "#evidence/policy/evidence.ts";
import { FAILURE_DETAIL_MAX } from "#evidence/policy/limits.ts";
import type { PolicyAsker, PolicyQuestion } from "#evidence/policy/question.ts";
import type { BoundedThread, BoundedThreadOptions } from "#platform/threads/bounded-thread.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import { checkedAnswers } from "./policy-answers.ts";
import type { PolicyFileProblem, PolicyReport, PolicyThreadData } from "./policy-messages.ts";
import { readPolicyReport } from "./read-policy-report.ts";

/** Milliseconds in which a new thread has loaded the file, on a machine that has much to do. */
export const START_MS = 10_000;
/** Milliseconds beyond the budget in which an answer that is on its way still counts: this thread has other work, too. */
const GRACE_MS = 50;
/** Questions that wait at once: each holds some 100 KiB at most. */
const OPEN_MAX = 200;
/** A question that went down with a thread, and had not stopped it, is asked so often. */
const TRIES_MAX = 2;
/** Threads lost in a row, without an answer between, after which none is started for a while. */
const LOST_IN_A_ROW_MAX = 3;
/** That while: it doubles, from and to. Milliseconds. */
const SUSPENDED_FIRST_MS = 1000;
const SUSPENDED_MAX_MS = 60_000;
/** Threads that were ended and have not gone, as they wait in the system: more are not left behind. */
const LINGERING_MAX = 2;

export interface PolicyHostOptions {
  readonly file: string;
  readonly source: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly start: (options: Pick<BoundedThreadOptions, "data" | "said" | "printed" | "ended">) => BoundedThread;
  readonly watch: PolicyWatch;
}

/** Hears how the file does. */
export interface PolicyWatch {
  failed(stage: PolicyStage | "start", why: PolicyFailure, detail: string): void;
  answered(): void;
  printed(text: string): void;
}

interface OpenCall {
  readonly id: number;
  readonly question: PolicyQuestion;
  readonly resolve: (answers: readonly StageAnswer[]) => void;
  readonly askedMs: number;
  tries: number;
  isStarted: boolean;
  /** It waited once for another that held the thread. */
  isPatient: boolean;
  timer: Timer;
}

/** One thread of the file. */
interface Live {
  readonly thread: BoundedThread;
  /** See `PolicyThreadData`. */
  readonly running: Int32Array;
  isReady: boolean;
  readonly startTimer: Timer;
}

export class PolicyHost implements PolicyAsker {
  /** All, until the file has said which it has. */
  stages: ReadonlySet<PolicyStage> = new Set(POLICY_STAGES);
  readonly #options: PolicyHostOptions;
  readonly #open = new Map<number, OpenCall>();
  #live: Live | undefined;
  #lastId = 0;
  #lostInARow = 0;
  #suspendedUntilMs = Number.NEGATIVE_INFINITY;
  #lingering = 0;
  #isClosed = false;
  readonly #loaded = Promise.withResolvers<PolicyFileProblem | undefined>();

  constructor(options: PolicyHostOptions) {
    this.#options = options;
    this.#begin();
  }

  /** When the first thread has loaded the file, or cannot: why. Never rejects. */
  get loaded(): Promise<PolicyFileProblem | undefined> {
    return this.#loaded.promise;
  }

  ask(question: PolicyQuestion): Promise<readonly StageAnswer[]> {
    const { clock, timeoutMs } = this.#options;
    const refused = this.#refusesNow();
    if (refused !== undefined) return Promise.resolve(this.#failure(question, refused, "", 0));
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      const timer = clock.after(START_MS + timeoutMs, () => this.#expired(id));
      const askedMs = clock.monotonicMs();
      this.#open.set(id, { id, question, resolve, askedMs, tries: 1, isStarted: false, isPatient: false, timer });
      this.#begin();
      if (this.#live?.isReady === true) this.#live.thread.post({ id, question });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
    for (const id of this.#open.keys()) this.#settleFailed(id, "ended", "the server stops");
  }

  #refusesNow(): PolicyFailure | undefined {
    if (this.#isClosed) return "ended";
    if (this.#open.size >= OPEN_MAX) return "busy";
    const isSuspended = this.#options.clock.monotonicMs() < this.#suspendedUntilMs;
    return isSuspended || (this.#live === undefined && this.#lingering >= LINGERING_MAX) ? "suspended" : undefined;
  }

  #begin(): void {
    if (this.#live !== undefined || this.#isClosed) return;
    const { clock, file, source, start } = this.#options;
    const running = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#lingering++;
    const thread = start({
      data: { file, source, running } satisfies PolicyThreadData,
      // What an ended thread still says is about questions that are answered otherwise.
      said: (message) => (this.#live === live ? this.#said(readPolicyReport(message)) : undefined),
      printed: (text) => this.#options.watch.printed(text),
      ended: (error) => {
        this.#lingering--;
        if (this.#live === live) this.#threadGone(error);
      },
    });
    const startTimer = clock.after(START_MS, () => {
      if (this.#live === live && !live.isReady) this.#unusable({ ...STUCK_AT_START });
    });
    const live: Live = { thread, running: new Int32Array(running), isReady: false, startTimer };
    this.#live = live;
  }

  #said(report: PolicyReport | undefined): void {
    switch (report?.kind) {
      case "ready":
        return this.#ready(report.stages);
      case "unusable":
        return this.#unusable(report.problem);
      case "started":
        return this.#started(report.id);
      case "answered":
        return this.#answered(report.id, report.answers);
      case undefined:
        return;
      case "stray":
        return this.#options.watch.failed("start", "threw", `behind a question: ${report.detail}`);
    }
  }

  #ready(stages: readonly PolicyStage[]): void {
    const live = this.#live;
    if (live === undefined || live.isReady) return;
    live.isReady = true;
    live.startTimer.cancel();
    this.stages = new Set(stages);
    for (const { id, question } of this.#open.values()) live.thread.post({ id, question });
    this.#loaded.resolve(undefined);
  }

  #unusable(problem: PolicyFileProblem): void {
    this.#end();
    this.#loaded.resolve(problem);
    const place = problem.line === 0 ? "" : `line ${problem.line}: `;
    const detail = `${place}${problem.message}`.slice(0, FAILURE_DETAIL_MAX);
    this.#options.watch.failed("start", "unusable", detail);
    for (const id of this.#open.keys()) this.#settleFailed(id, "unusable", detail);
    this.#countLost();
  }

  #started(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    call.isStarted = true;
    this.#arm(call, this.#options.timeoutMs + GRACE_MS);
  }

  #answered(id: number, said: readonly unknown[]): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#lostInARow = 0;
    const answers = checkedAnswers(call.question, said);
    const { watch } = this.#options;
    const failures = answers.flatMap(({ stage, outcome }) => (outcome.kind === "failed" ? [{ stage, outcome }] : []));
    for (const { stage, outcome } of failures) watch.failed(stage, outcome.why, outcome.detail);
    if (failures.length === 0) watch.answered();
    this.#settle(call, answers);
  }

  #expired(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    if (!call.isStarted) return this.#settleFailed(id, "busy", "");
    const holder = Atomics.load(this.#live?.running ?? IDLE, 0);
    if (holder !== id && this.#open.has(holder) && !call.isPatient) {
      // Another function holds the thread: that one's budget ends soon, and this one is asked again then.
      call.isPatient = true;
      return this.#arm(call, this.#options.timeoutMs + 2 * GRACE_MS);
    }
    this.#end();
    this.#lost(id, "timed-out", "");
  }

  /** By itself: `process.exit()`, or no memory. */
  #threadGone(error: Error | undefined): void {
    const holder = Atomics.load(this.#live?.running ?? IDLE, 0);
    const wasReady = this.#live?.isReady === true;
    this.#end();
    const detail = (error?.message ?? "it ended by itself").slice(0, FAILURE_DETAIL_MAX);
    if (!wasReady) return this.#unusable({ line: 0, message: `Its thread ended: ${detail}`, remedy: ENDED_AT_START });
    if (!this.#open.has(holder)) this.#options.watch.failed("start", "ended", detail);
    this.#lost(holder, "ended", detail);
  }

  /** The thread is over because of one question, as far as is known; those that waited with it are asked again. */
  #lost(culprit: number, why: PolicyFailure, detail: string): void {
    this.#settleFailed(culprit, why, detail);
    this.#countLost();
    const refused = this.#options.clock.monotonicMs() < this.#suspendedUntilMs;
    for (const call of this.#open.values()) {
      if (refused || call.tries === TRIES_MAX) this.#settleFailed(call.id, "ended", "its thread ended under it");
      else this.#again(call);
    }
    if (this.#open.size > 0) this.#begin();
  }

  #again(call: OpenCall): void {
    call.tries++;
    call.isStarted = false;
    call.isPatient = false;
    this.#arm(call, START_MS + this.#options.timeoutMs);
  }

  #countLost(): void {
    this.#lostInARow++;
    const over = this.#lostInARow - LOST_IN_A_ROW_MAX;
    if (over < 0) return;
    const pauseMs = Math.min(SUSPENDED_MAX_MS, SUSPENDED_FIRST_MS * 2 ** over);
    this.#suspendedUntilMs = this.#options.clock.monotonicMs() + pauseMs;
  }

  #end(): void {
    const live = this.#live;
    this.#live = undefined;
    live?.startTimer.cancel();
    live?.thread.stop();
  }

  #arm(call: OpenCall, ms: number): void {
    call.timer.cancel();
    call.timer = this.#options.clock.after(ms, () => this.#expired(call.id));
  }

  #settleFailed(id: number, why: PolicyFailure, detail: string): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    const { clock, watch } = this.#options;
    const [stage = "message"] = call.question.stages;
    if (!this.#isClosed) watch.failed(stage, why, detail);
    this.#settle(call, this.#failure(call.question, why, detail, clock.monotonicMs() - call.askedMs));
  }

  #settle(call: OpenCall, answers: readonly StageAnswer[]): void {
    call.timer.cancel();
    this.#open.delete(call.id);
    call.resolve(answers);
  }

  /** One for the whole question: which of its functions it was is not known. */
  #failure({ stages }: PolicyQuestion, why: PolicyFailure, detail: string, tookMs: number): readonly StageAnswer[] {
    const stage = stages.at(-1) ?? "message";
    return [{ stage, outcome: { kind: "failed", why, detail }, headers: [], tookMs }];
  }
}

const IDLE = new Int32Array(1);
const ENDED_AT_START = "It is to run through to its end when it is loaded, without process.exit().";
const STUCK_AT_START: PolicyFileProblem = {
  line: 0,
  message: `It was not loaded within ${START_MS / 1000} seconds`,
  remedy: "Look for a loop, or an await that nothing ends, outside of its functions.",
};
