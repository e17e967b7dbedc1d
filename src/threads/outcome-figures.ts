/** What became of messages that came and of mail that went out, since the start: counted by all threads together. */
import { sharedCounters, sharedCountersMemory } from "#platform/threads/shared-counters.ts";
import type { DeliveryOutcome } from "#queue/dispatcher.ts";
import { DISPOSITIONS, type Disposition } from "#verdict/verdict.ts";

const DELIVERY_OUTCOMES: readonly DeliveryOutcome[] = ["delivered", "deferred", "failed"];

export interface OutcomeReport {
  /** Messages that clients brought, by what happened to each. */
  readonly messages: Readonly<Record<Disposition, number>>;
  /** Tries at recipients of other servers. */
  readonly deliveries: Readonly<Record<DeliveryOutcome, number>>;
}

/** Made once: a reload keeps it. */
export function createOutcomeMemory(): SharedArrayBuffer {
  return sharedCountersMemory(DISPOSITIONS.length + DELIVERY_OUTCOMES.length);
}

export class OutcomeFigures {
  readonly #counters: ReturnType<typeof sharedCounters>;

  constructor(memory: SharedArrayBuffer) {
    this.#counters = sharedCounters(memory);
  }

  message(disposition: Disposition): void {
    this.#counters.add(DISPOSITIONS.indexOf(disposition), 1);
  }

  delivery(outcome: DeliveryOutcome): void {
    this.#counters.add(DISPOSITIONS.length + DELIVERY_OUTCOMES.indexOf(outcome), 1);
  }

  report(): OutcomeReport {
    // 32 bits without a sign: they begin anew after four billion, as counters may.
    const value = (index: number): number => this.#counters.value(index) >>> 0;
    const messages = DISPOSITIONS.map((disposition, index) => [disposition, value(index)]);
    const deliveries = DELIVERY_OUTCOMES.map((outcome, index) => [outcome, value(DISPOSITIONS.length + index)]);
    return {
      messages: Object.fromEntries(messages) as OutcomeReport["messages"],
      deliveries: Object.fromEntries(deliveries) as OutcomeReport["deliveries"],
    };
  }
}
