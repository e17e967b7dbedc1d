/** Keys of which a thread remembers that it noted them lately. About 100 octets each. */
export const NOTED_REMEMBERED_MAX = 20_000;
/** Between two notes that the same key is good: a busy sender is no reason to write. Milliseconds; well below the memory. */
export const NOTED_AGAIN_MS = 60 * 60 * 1000;
