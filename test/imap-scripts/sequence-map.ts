/** Follows messages by the sequence numbers they had when a command was sent, while EXPUNGE replies move them. */
export class SequenceMap {
  /** Numbers, as of the command, of messages that are gone; ascending. */
  readonly #expunged: number[] = [];

  /** The number that message `then` has now; null when it was expunged. */
  now(then: number): number | null {
    if (this.#expunged.includes(then)) return null;
    return then - this.#expunged.filter((gone) => gone < then).length;
  }

  /** `* n EXPUNGE`, in the numbering as it is now. */
  expunge(number: number): void {
    let then = number;
    for (const gone of this.#expunged) if (gone <= then) then += 1;
    this.#expunged.push(then);
    this.#expunged.sort((a, b) => a - b);
  }
}
