/**
 * How long a client may take. A deadline runs from our last reply to the end of the next command and does not move for
 * octets that trickle in, and is nearer while few connections are left; a message must arrive at a rate; and a session ends some time, whatever happens in it. While we
 * ourselves are busy no deadline falls due.
 */
import type { Clock, Timer } from "#ports/clock.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import { LATE_CHECK_MS, LOAD_CHECK_MS } from "./limits.ts";
import type { ReceptionTimeouts } from "./settings.ts";

export type Overdue = "command" | "before-mail" | "before-login" | "slow-message" | "session";

type Listening = Pick<SmtpDependencies, "clock" | "settings" | "protocol" | "isUnderLoad">;

export class SessionDeadlines {
  readonly #clock: Clock;
  readonly #timeouts: ReceptionTimeouts;
  /** What the client owes us first. */
  readonly #first: "mail" | "login";
  readonly #isUnderLoad: () => boolean;
  readonly #timedOut: (what: Overdue) => void;
  readonly #sessionDueMs: number;
  #awaits: "command" | "message" | "nothing" = "nothing";
  /** Since when a command is waited for, and since when one is arriving. */
  #waitsSinceMs = Number.POSITIVE_INFINITY;
  #beganMs = Number.POSITIVE_INFINITY;
  #firstDueMs = Number.POSITIVE_INFINITY;
  #windowDueMs = Number.POSITIVE_INFINITY;
  #windowOctets = 0;
  #held = false;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(
    { clock, settings: { timeouts }, protocol, isUnderLoad }: Listening,
    trusted: boolean,
    timedOut: (what: Overdue) => void,
  ) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#first = protocol === "submission" && !trusted ? "login" : "mail";
    this.#isUnderLoad = isUnderLoad ?? (() => false);
    this.#timedOut = timedOut;
    this.#sessionDueMs = clock.monotonicMs() + timeouts.sessionMs;
  }

  greeted(): void {
    const { beforeMailMs, beforeLoginMs } = this.#timeouts;
    this.#firstDueMs = this.#clock.monotonicMs() + (this.#first === "login" ? beforeLoginMs : beforeMailMs);
  }

  /** A transaction began, or a user came in: no need to hurry the client any more. */
  earnest(): void {
    this.#firstDueMs = Number.POSITIVE_INFINITY;
  }

  /** Octets of a command arrived. */
  commandOctets(): void {
    if (this.#beganMs === Number.POSITIVE_INFINITY) this.#beganMs = this.#clock.monotonicMs();
  }

  /** After each turn: what the client owes now, and whether it was told something. */
  turn(awaits: "command" | "message" | "nothing", replied: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    if (replied || awaits !== this.#awaits) {
      this.#waitsSinceMs = nowMs;
      this.#beganMs = Number.POSITIVE_INFINITY;
    }
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
    const own = this.#awaits === "message" ? this.#windowDueMs : Math.min(this.#commandDueMs(), this.#firstDueMs);
    return Math.min(own, this.#sessionDueMs);
  }

  #commandDueMs(): number {
    const { commandMs, commandUnderLoadMs, commandTotalMs } = this.#timeouts;
    const waitMs = this.#isUnderLoad() ? Math.min(commandMs, commandUnderLoadMs) : commandMs;
    return Math.min(this.#waitsSinceMs + waitMs, this.#beganMs + commandTotalMs);
  }

  /** When to look again: load may come while nobody says anything. */
  #lookAgainMs(nowMs: number): number {
    if (this.#awaits === "nothing") return this.#sessionDueMs;
    if (this.#awaits === "message") return this.#dueMs();
    const loadDueMs = this.#waitsSinceMs + this.#timeouts.commandUnderLoadMs;
    return Math.min(this.#dueMs(), loadDueMs > nowMs ? loadDueMs : nowMs + LOAD_CHECK_MS);
  }

  /** Deadlines move with every command; the timer stays, and looks when it rings whether it is needed. */
  #arm(nowMs: number): void {
    const atMs = this.#lookAgainMs(nowMs);
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
    } else if (nowMs >= this.#firstDueMs) return this.#timedOut(`before-${this.#first}`);
    else if (nowMs >= this.#commandDueMs()) return this.#timedOut("command");
    this.#arm(nowMs);
  }

  #tooSlow(): boolean {
    const { dataOctetsPerSecondMin, dataWindowMs } = this.#timeouts;
    return this.#windowOctets < (dataOctetsPerSecondMin * dataWindowMs) / 1000;
  }
}
