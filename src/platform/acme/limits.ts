/** One request to the authority. Milliseconds. */
export const REQUEST_MS = 30_000;
/** Octets of one answer of the authority: a chain of certificates. */
export const ANSWER_OCTETS_MAX = 256 * 1024;
/** Attempts of one request after an error of the authority. */
export const RETRIES_MAX = 2;
/** Before the first of them, where the authority names no time; twice that before the second. Seconds. */
export const RETRY_S = 2;
/** Looks at an order or a challenge: with the waits below about five minutes. */
export const POLLS_MAX = 25;
/** Before the second look; it doubles. Milliseconds. */
export const POLL_FIRST_MS = 1000;
/** Milliseconds. */
export const POLL_LAST_MS = 15_000;
/** A hook may wait for its name servers so long. Milliseconds. */
export const HOOK_MS = 5 * 60_000;
/** Octets of what a hook says that are kept for the log. */
export const HOOK_OUTPUT_OCTETS_MAX = 4096;
/** A look whether the authority can be reached at all, after a request has failed. Milliseconds. */
export const REACH_MS = 5000;
