/**
 * How long a client may take. A deadline runs from our last reply to the end of the next command and does not move for
 * octets that trickle in; a message must arrive at a rate; and a session ends some time, whatever happens in it. While we
 * ourselves are busy no deadline falls due.
 */
import type { Clock, Timer } from "#ports/clock.ts";
import { LATE_CHECK_MS } from "./limits.ts";
import type { ReceptionTimeouts } from "./settings.ts";

export type Overdue = "command" | "before-mail" | "slow-message" | "session";

export class SessionDeadlines {
  readonly #clock: Clock;
  readonly #timeouts: ReceptionTimeouts;
  readonly #timedOut: (what: Overdue) => void;
  readonly #sessionDueMs: number;
  #awaits: "command" | "message" | "nothing" = "nothing";
  #commandDueMs = Number.POSITIVE_INFINITY;
  #beforeMailDueMs = Number.POSITIVE_INFINITY;
  #windowDueMs = Number.POSITIVE_INFINITY;
  #windowOctets = 0;
  #held = false;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, timeouts: ReceptionTimeouts, timedOut: (what: Overdue) => void) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#timedOut = timedOut;
    this.#sessionDueMs = clock.monotonicMs() + timeouts.sessionMs;
  }

  greeted(): void {
    this.#beforeMailDueMs = this.#clock.monotonicMs() + this.#timeouts.beforeMailMs;
  }

  /** A transaction began, or a user came in: no need to hurry the client any more. */
  earnest(): void {
    this.#beforeMailDueMs = Number.POSITIVE_INFINITY;
  }

  /** After each turn: what the client owes now, and whether it was told something. */
  turn(awaits: "command" | "message" | "nothing", replied: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    if (replied || awaits !== this.#awaits) this.#commandDueMs = nowMs + this.#timeouts.commandMs;
    if (awaits === "message" && this.#awaits !== "message") this.#openWindow(nowMs);
    this.#awaits = awaits;
    this.#arm(nowMs);
  }

  /** Octets of a message arrived. */
  messageOctets(octets: number): void {
    this.#windowOctets += octets;
  }

  /** We stopped reading because our disk is slow: what does not arrive meanwhile is not the client's fault. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (!held) this.#openWindow(this.#clock.monotonicMs());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#awaits = "nothing";
  }

  #openWindow(nowMs: number): void {
    this.#windowDueMs = nowMs + this.#timeouts.dataWindowMs;
    this.#windowOctets = 0;
  }

  #dueMs(): number {
    const own = this.#awaits === "message" ? this.#windowDueMs : Math.min(this.#commandDueMs, this.#beforeMailDueMs);
    return Math.min(own, this.#sessionDueMs);
  }

  /** Deadlines move with every command; the timer stays, and looks when it rings whether it is needed. */
  #arm(nowMs: number): void {
    const atMs = this.#awaits === "nothing" ? this.#sessionDueMs : this.#dueMs();
    if (atMs >= this.#timerAtMs) return;
    this.#setTimer(Math.max(1, atMs - nowMs), nowMs);
  }

  #setTimer(delayMs: number, nowMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = nowMs + delayMs;
    this.#timer = this.#clock.after(delayMs, () => this.#rang());
  }

  #rang(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    if (this.#awaits === "nothing" || this.#held) return this.#setTimer(LATE_CHECK_MS, nowMs);
    if (nowMs >= this.#sessionDueMs) return this.#timedOut("session");
    if (this.#awaits === "message") {
      if (nowMs >= this.#windowDueMs && this.#tooSlow()) return this.#timedOut("slow-message");
      if (nowMs >= this.#windowDueMs) this.#openWindow(nowMs);
    } else if (nowMs >= this.#beforeMailDueMs) return this.#timedOut("before-mail");
    else if (nowMs >= this.#commandDueMs) return this.#timedOut("command");
    this.#arm(nowMs);
  }

  #tooSlow(): boolean {
    const { dataOctetsPerSecondMin, dataWindowMs } = this.#timeouts;
    return this.#windowOctets < (dataOctetsPerSecondMin * dataWindowMs) / 1000;
  }
}
