/** What a limit of connections leaves behind for `postern why`: a record of the refusals that were explained, and never many of them. */
import type { LimitReached } from "#gate/limits/limit-name.ts";
import type { Protocol } from "#gate/limits/source-keys.ts";
import type { Connection } from "#ports/connection.ts";
import type { Judge } from "#reception/judge.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { NO_EVIDENCE } from "#verdict/evidence.ts";
import { refusedAtConnect } from "./refused-at-connect.ts";

export interface RefusedAtLimit {
  readonly connection: Pick<Connection, "id" | "remote">;
  readonly protocol: Protocol;
  readonly reached: LimitReached;
  /** As it was said, with the ID. */
  readonly text: string;
}

/**
 * Records a minute in one thread, whoever is refused: a flood from a million addresses leaves 90,000 a day, some megabytes,
 * and who asks why soon after it is still found.
 */
export const LIMIT_RECORDS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** Of one thread. An address that comes again at once leaves no second record, as with a ban. */
export class LimitRecords {
  readonly #judge: Judge;
  #minuteBeganMs = Number.NEGATIVE_INFINITY;
  #records = 0;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  refused(refusal: RefusedAtLimit): void {
    const { protocol, connection } = refusal;
    // Nobody's mail: pages of the web listener.
    if (protocol === "http") return;
    const nowMs = this.#judge.deps.clock.monotonicMs();
    if (nowMs - this.#minuteBeganMs >= MINUTE_MS) {
      this.#minuteBeganMs = nowMs;
      this.#records = 0;
    }
    if (this.#records >= LIMIT_RECORDS_PER_MINUTE) return;
    if (!this.#judge.isWorthARecord(connection.remote.address)) return;
    this.#records++;
    this.#judge.deps.sink.record(this.#recordOf(refusal, protocol));
  }

  #recordOf({ connection, reached, text }: RefusedAtLimit, listener: DecisionRecord["listener"]): DecisionRecord {
    return refusedAtConnect(connection, this.#judge.deps, {
      listener,
      evidence: NO_EVIDENCE,
      verdict: null,
      disposition: "defer",
      reasons: ["connection-limit", reached.limit],
      // The code is what SMTP says; IMAP and POP3 have words of their own.
      reply: { code: 421, status: "4.7.0", text },
      whatWouldChangeIt: [],
    });
  }
}
