/** The alerts of a server: bounded, each once however often it is raised, and a mail now and then. */
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Alert, RaisedAlert } from "./alert.ts";

/** Alerts that are kept: more than anybody reads. The oldest go. */
const KEPT_MAX = 200;
/** An alert nobody raised for so long is over. Milliseconds. */
const OVER_AFTER_MS = 24 * 60 * 60 * 1000;
/** Raised again after so long it is worth another line in the log. Milliseconds. */
const QUIET_MS = 10 * 60 * 1000;
/** One mail about a kind of alert in this time: an attack must not fill a mailbox. Milliseconds. */
const MAIL_AGAIN_MS = 60 * 60 * 1000;

export interface AlertsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** @param unmailed how many of this kind there were since the last mail about it. Rejects when it cannot be delivered. */
  readonly mail: (alert: RaisedAlert, unmailed: number) => Promise<void>;
}

export class Alerts {
  readonly #options: AlertsOptions;
  /** By name and subject; the one that was raised last is last. */
  readonly #raised = new Map<string, RaisedAlert>();
  /** By name. */
  readonly #mailed = new Map<string, { readonly atMs: number; unmailed: number }>();

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  raise(alert: Alert): void {
    const { clock, log } = this.#options;
    const nowMs = clock.now();
    const key = keyOf(alert);
    const known = this.#raised.get(key);
    const raised = { ...alert, firstMs: known?.firstMs ?? nowMs, lastMs: nowMs, times: (known?.times ?? 0) + 1 };
    this.#raised.delete(key);
    this.#raised.set(key, raised);
    const [oldest] = this.#raised.keys();
    if (this.#raised.size > KEPT_MAX && oldest !== undefined) this.#raised.delete(oldest);
    const isNews = known === undefined || nowMs - known.lastMs >= QUIET_MS;
    const { name, subject, text, evidence } = alert;
    if (isNews) log.warn("alert", { alert: name, subject, text, evidence });
    this.#mail(raised, nowMs);
  }

  /** It is over: the list works again. */
  settle(name: string, subject: string): void {
    this.#raised.delete(keyOf({ name, subject }));
  }

  /** Newest first. */
  current(): readonly RaisedAlert[] {
    const sinceMs = this.#options.clock.now() - OVER_AFTER_MS;
    return [...this.#raised.values()].filter(({ lastMs }) => lastMs > sinceMs).toReversed();
  }

  #mail(alert: RaisedAlert, nowMs: number): void {
    const last = this.#mailed.get(alert.name);
    if (last !== undefined && nowMs - last.atMs < MAIL_AGAIN_MS) {
      last.unmailed++;
      return;
    }
    this.#mailed.set(alert.name, { atMs: nowMs, unmailed: 0 });
    this.#options.mail(alert, last?.unmailed ?? 0).catch((error: unknown) => {
      this.#options.log.error("alert-not-mailed", { alert: alert.name, cause: String(error) });
    });
  }
}

function keyOf({ name, subject }: Pick<Alert, "name" | "subject">): string {
  return `${name} ${subject}`;
}
