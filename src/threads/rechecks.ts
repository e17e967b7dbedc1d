/** Looks at the ten protections of a running server all day, as its audit does, and tells of what fails twice. */
import type { AuditReport } from "#audit/report.ts";
import type { Settings } from "#config/settings.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Alerts } from "./alerts.ts";
import { FAILURES_TOLD, mergeRound, type Proof } from "./proofs.ts";
import { isReachable } from "./reachable.ts";

/** After the start: certificates and lists are there by then. Milliseconds. */
const FIRST_MS = 2 * 60 * 1000;
/** Between two rounds, up to a quarter more or less: servers must not all ask at the same hour. Milliseconds. */
const ROUND_MS = 4 * 60 * 60 * 1000;
const JITTER = 0.25;

export interface RechecksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Those in force. */
  readonly settings: () => Settings;
  /** One report for each domain that is looked at. */
  readonly look: (settings: Settings) => Promise<readonly AuditReport[]>;
}

const ALERT = "protection-failed";

export class Rechecks {
  readonly #options: RechecksOptions;
  #proofs: readonly Proof[] = [];
  #timer: Timer;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: RechecksOptions) {
    this.#options = options;
    this.#timer = options.clock.after(FIRST_MS, () => this.#begin());
  }

  /** In the order of the protections; none before the first round, and in a trial. */
  get proofs(): readonly Proof[] {
    return this.#proofs;
  }

  /** A round that is under way is not waited for: it may take minutes, and comes to nothing. */
  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  /** For tests: the round that is under way. */
  get working(): Promise<void> {
    return this.#working;
  }

  #begin(): void {
    this.#timer = this.#options.clock.after(this.#pauseMs(), () => this.#begin());
    this.#working = this.#round().catch((error: unknown) => {
      if (!this.#isClosed) this.#options.log.error("protections-not-rechecked", { cause: String(error) });
    });
  }

  #pauseMs(): number {
    const [octet = 0] = this.#options.random.bytes(1);
    return ROUND_MS * (1 - JITTER + (2 * JITTER * octet) / 255);
  }

  async #round(): Promise<void> {
    const { settings, look, log } = this.#options;
    // A trial meets no network: there is nothing to be proven.
    if (!isReachable(settings())) return;
    const reports = await look(settings());
    if (this.#isClosed) return;
    this.#proofs = mergeRound(this.#proofs, reports);
    for (const proof of this.#proofs) this.#tell(proof);
    const outcomes = this.#proofs.map(({ number, outcome, seenMs, triedMs }) => {
      return seenMs === triedMs ? `${number} ${outcome}` : `${number} not seen`;
    });
    log.info("protections-rechecked", { outcomes });
  }

  #tell({ number, name, outcome, failures, findings, seenMs, triedMs }: Proof): void {
    const { alerts } = this.#options;
    const subject = `${number} ${name}`;
    if (outcome !== "fail") return alerts.settle(ALERT, subject);
    // What was not seen this time is no news.
    if (failures < FAILURES_TOLD || seenMs !== triedMs) return;
    const [worst] = findings;
    alerts.raise({
      name: ALERT,
      subject,
      text: `Protection ${number}, ${name}, fails since ${failures} looks: ${worst?.says ?? "see the audit"}.`,
      remedy: worst?.remedy ?? "",
      evidence: findings.map(({ says }) => says),
    });
  }
}
