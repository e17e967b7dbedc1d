/** A bounded number of places, and a bounded line of those who wait for one, each for as long as it likes. */
export class Places {
  readonly #waitingMax: number;
  readonly #waiting = new Set<(hasPlace: boolean) => void>();
  #free: number;

  constructor({ places, waitingMax }: { readonly places: number; readonly waitingMax: number }) {
    this.#free = places;
    this.#waitingMax = waitingMax;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * First come, first served. Who gets true gives the place back with `leave`.
   * @param signal ends the wait without a place.
   */
  enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= this.#waitingMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const called = (hasPlace: boolean): void => {
        this.#waiting.delete(called);
        signal.removeEventListener("abort", gaveUp);
        resolve(hasPlace);
      };
      const gaveUp = (): void => called(false);
      signal.addEventListener("abort", gaveUp);
      this.#waiting.add(called);
    });
  }

  /** The place goes to the next in line directly: nobody may slip in before it wakes up. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next(true);
  }
}
