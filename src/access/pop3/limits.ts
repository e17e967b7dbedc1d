/** Octets of commands that may wait for their turn; beyond it the client is not read. */
export const HELD_OCTETS_MAX = 16 * 1024;
/** Octets of a message that are read and sent at once: below the store's bound, and one waits while one is sent. */
export const PIECE_OCTETS = 256 * 1024;
/** Octets of the first piece for TOP, which mostly wants a header. */
export const TOP_PIECE_OCTETS = 16 * 1024;
/** Messages of INBOX one session sees, the oldest. Twelve octets a message are held; the rest waits for the next session. */
export const MAILDROP_MESSAGES_MAX = 100_000;
