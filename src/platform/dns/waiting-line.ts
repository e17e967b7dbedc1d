/** Places that are taken and given back, and a bounded line of those who wait for one. */
export class WaitingLine {
  readonly #places: number;
  readonly #waitingMax: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor({ places, waitingMax }: { readonly places: number; readonly waitingMax: number }) {
    this.#places = places;
    this.#waitingMax = waitingMax;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs `work` when a place is free, first come, first served.
   * @returns undefined at once when the line is full.
   */
  enter<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#taken < this.#places) {
      this.#taken++;
      return this.#run(work);
    }
    if (this.#waiting.size >= this.#waitingMax) return undefined;
    return new Promise<void>((resolve) => this.#waiting.add(resolve)).then(() => this.#run(work));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  /** The place goes to the next in line directly: nobody may slip in before it wakes up. */
  #handOn(): void {
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      call();
      return;
    }
    this.#taken--;
  }
}
