/** Tells the administrator that a relay host, or the host of a route, does not let us in; and when it does again. */
import type { LoginRefusal, NextHopWatch } from "#delivery/remote/next-hop-watch.ts";
import type { Clock } from "#ports/clock.ts";
import type { Alert } from "./alert.ts";

/** Each message meets the refusal; it is told once, and again in this time while it lasts. Milliseconds. */
const TELL_AGAIN_MS = 12 * 60 * 60 * 1000;
/** Next hops that the settings may name and that are remembered at once. */
const HOPS_MAX = 1000;

export const NEXT_HOP_LOGIN = "next-hop-login";

export interface NextHopAlertsOptions {
  readonly clock: Clock;
  readonly gate: { alert(alert: Alert): void; settled(name: string, subject: string): void };
}

export class NextHopAlerts implements NextHopWatch {
  readonly #options: NextHopAlertsOptions;
  /** By next hop: when its refusal was told, by monotonic clock; undefined: it lets us in. */
  readonly #told = new Map<string, number | undefined>();

  constructor(options: NextHopAlertsOptions) {
    this.#options = options;
  }

  loginRefused({ hop, username, said }: LoginRefusal): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - (this.#told.get(hop) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    this.#remember(hop, nowMs);
    const whom =
      username === undefined ? "asks for a login, and the settings have none" : `does not let ${username} in`;
    this.#options.gate.alert({
      name: NEXT_HOP_LOGIN,
      subject: hop,
      text: `The next hop ${hop} ${whom} (${said}): all mail that goes there waits in the queue.`,
      remedy:
        "Correct relay_username and relay_password of [delivery], or username and password of the [[route]], and reload; " +
        "then `postern queue retry all` sends what waits.",
      evidence: [said],
    });
  }

  loginWorks(hop: string): void {
    // The first time an alert may be there of the thread before this one: that of the settings that were wrong.
    if (this.#told.has(hop) && this.#told.get(hop) === undefined) return;
    this.#remember(hop, undefined);
    this.#options.gate.settled(NEXT_HOP_LOGIN, hop);
  }

  #remember(hop: string, toldMs: number | undefined): void {
    const [first] = this.#told.keys();
    if (this.#told.size >= HOPS_MAX && !this.#told.has(hop) && first !== undefined) this.#told.delete(first);
    this.#told.set(hop, toldMs);
  }
}
