/** Milliseconds for all lists together; they are asked at the same time. Longer would be felt by senders. */
export const LISTS_BUDGET_MS = 3000;
/** Questions to lists for one message: links alone could otherwise make hundreds. */
export const QUESTIONS_MAX = 64;
/** Seconds an answer of a list is believed at least, whatever its TTL: senders come back within the minute. */
export const ANSWER_SECONDS_MIN = 60;
/** A zone answers with a handful of addresses; more are not looked at. */
export const ANSWERS_MAX = 16;

/** Milliseconds between two rounds of canaries. */
export const CANARIES_EVERY_MS = 15 * 60_000;
/** Milliseconds until the next round for a list whose canaries got no answer. */
export const CANARIES_AGAIN_MS = 60_000;
/** Milliseconds one round may take: nobody waits for it. */
export const CANARIES_BUDGET_MS = 10_000;

/** Time-outs in a row until a list is left alone for a while. */
export const TIMEOUTS_MAX = 5;
/** Milliseconds for which it is left alone. */
export const LEFT_ALONE_MS = 5 * 60_000;

/** Errors in a row (SERVFAIL, REFUSED, nobody there) until the admin hears that the list cannot be asked. */
export const ERRORS_MAX = 5;

/** Good senders, each counted once, that must be known before a list is judged by them: chance must not end a list. */
export const GOOD_SENDERS_MIN = 20;
/** Good senders remembered for each list, the latest. */
export const GOOD_SENDERS_MAX = 200;
/** Of those, the share a list may name before it is suspended. */
export const GOOD_SENDERS_LISTED_SHARE_MAX = 0.6;
/** Milliseconds for which it is suspended: its owner needs hours to notice and mend it. */
export const SUSPENDED_MS = 60 * 60_000;
