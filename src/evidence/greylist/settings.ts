/** All in milliseconds. */
export interface GreylistSettings {
  /** From the first try until the sender is let in. */
  readonly delayMs: number;
  /** From the first try on: who comes again later begins anew. Longer than the delay. */
  readonly windowMs: number;
  /** How long a known sender stays known without mail. */
  readonly memoryMs: number;
}
