/** Wakes the one who waits: input came, a folder changed, the connection closed. What woke it, the sleeper looks up itself. */
export class Signal {
  #raised = false;
  #wake: (() => void) | undefined;

  raise(): void {
    this.#raised = true;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Resolves when `raise` was called since the last wait. One waiter at a time. */
  async wait(): Promise<void> {
    if (!this.#raised) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#raised = false;
  }
}
