/** The octets of one message, wherever they are. */
export interface MessageOctets {
  /**
   * `[start, end)` from the message's beginning, as in its index; fewer where the message ends before. Callers ask for
   * bounded ranges alone. Rejects with the disk's error.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A message that is at hand as a whole. */
export function octetsInMemory(octets: Uint8Array): MessageOctets {
  return { read: (start, end) => Promise.resolve(octets.subarray(start, end)) };
}
