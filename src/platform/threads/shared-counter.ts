/** A number that all threads count together: connections open now. */
export interface SharedCounter {
  /** Adds one unless `max` is reached; false: it was. */
  enter(max: number): boolean;
  leave(): void;
  readonly value: number;
}

export function sharedCounterMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export function sharedCounter(memory: SharedArrayBuffer): SharedCounter {
  const cell = new Int32Array(memory);
  return {
    enter(max) {
      if (Atomics.add(cell, 0, 1) < max) return true;
      Atomics.sub(cell, 0, 1);
      return false;
    },
    leave: () => void Atomics.sub(cell, 0, 1),
    get value() {
      return Atomics.load(cell, 0);
    },
  };
}
