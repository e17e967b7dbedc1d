/** Names of folders held against the patterns of a LIST, with a turn for other sessions whenever that has taken a while. */
import { compileListPattern, type ListPattern } from "#protocol/imap/list-pattern.ts";
import { LIST_STEPS_PER_TURN } from "../limits.ts";

export interface Patterns {
  readonly reference: string;
  readonly patterns: readonly string[];
}

/** Characters of all patterns. */
export function patternsLength({ reference, patterns }: Patterns): number {
  return patterns.reduce((total, pattern) => total + reference.length + pattern.length, 0);
}

export class NameMatcher {
  readonly #patterns: readonly ListPattern[];
  readonly #length: number;
  readonly #nextTurn: () => Promise<void>;
  #steps = 0;

  constructor(
    request: Patterns,
    nextTurn: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
  ) {
    this.#patterns = request.patterns.map((pattern) => compileListPattern(request.reference, pattern));
    this.#length = patternsLength(request);
    this.#nextTurn = nextTurn;
  }

  async matches(name: string): Promise<boolean> {
    this.#steps += this.#length * name.length;
    if (this.#steps > LIST_STEPS_PER_TURN) {
      this.#steps = 0;
      await this.#nextTurn();
    }
    return this.#patterns.some((pattern) => pattern.matches(name));
  }
}
