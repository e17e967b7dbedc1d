/** Bounds of the reception room that no operator needs to change. */

/** Recipients named in one log line. */
export const LOGGED_RECIPIENTS_MAX = 20;
/** Milliseconds until a deadline that fell due while we ourselves were busy is looked at again. */
export const LATE_CHECK_MS = 1000;
