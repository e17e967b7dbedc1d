/** Tells one who tries addresses from one who has an old list: by how the first few fare. */
import { isPositive, type Reply } from "#mail/reply.ts";

export class RecipientProbes {
  readonly #sample: number;
  readonly #unknownMax: number;
  #asked = 0;
  #unknown = 0;

  constructor(sample: number, unknownMax: number) {
    this.#sample = sample;
    this.#unknownMax = unknownMax;
  }

  /** Takes the answer to a recipient. True when too many of the first are unknown. */
  isProbing(answer: Reply): boolean {
    if (++this.#asked > this.#sample || isPositive(answer) || answer.status !== "5.1.1") return false;
    return ++this.#unknown >= this.#unknownMax;
  }
}
