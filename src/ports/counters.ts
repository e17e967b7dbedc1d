/** Whole numbers by index that all threads count together; 32 bits, beginning at 0. */
export interface Counters {
  /** Adds one unless the number has reached `max`; false: it had. */
  addBelow(index: number, max: number): boolean;
  add(index: number, difference: number): void;
  /** Sets the number to `value` where it is smaller. */
  raise(index: number, value: number): void;
  value(index: number): number;
}
