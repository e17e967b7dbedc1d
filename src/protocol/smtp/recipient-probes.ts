/** Tells one who tries addresses from one who has an old list: by how the first few fare. */
import { isPositive, type Reply } from "#mail/reply.ts";
import { PROBE_RECIPIENTS, PROBE_UNKNOWN_MAX } from "./limits.ts";

export class RecipientProbes {
  #asked = 0;
  #unknown = 0;

  /** Takes the answer to a recipient. True when half of the first ten are unknown. */
  isProbing(answer: Reply): boolean {
    if (++this.#asked > PROBE_RECIPIENTS || isPositive(answer) || answer.status !== "5.1.1") return false;
    return ++this.#unknown >= PROBE_UNKNOWN_MAX;
  }
}
