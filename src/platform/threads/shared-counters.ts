import type { Counters } from "#ports/counters.ts";

export function sharedCountersMemory(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT);
}

export function sharedCounters(memory: SharedArrayBuffer): Counters {
  const cells = new Int32Array(memory);
  /** Repeats until nobody else has changed the number in between. */
  const change = (index: number, next: (current: number) => number): boolean => {
    for (let current = Atomics.load(cells, index); ; ) {
      const wanted = next(current);
      if (wanted === current) return false;
      const seen = Atomics.compareExchange(cells, index, current, wanted);
      if (seen === current) return true;
      current = seen;
    }
  };
  return {
    addBelow: (index, max) => change(index, (current) => (current < max ? current + 1 : current)),
    add: (index, difference) => void Atomics.add(cells, index, difference),
    raise: (index, value) => void change(index, (current) => Math.max(current, value)),
    value: (index) => Atomics.load(cells, index),
  };
}
