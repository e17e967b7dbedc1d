/** Bounds of the reception room that no operator needs to change. */

/** Recipients named in one log line. */
export const LOGGED_RECIPIENTS_MAX = 20;
/** Answers of a policy file after which those that say nothing are no longer recorded. */
export const SILENT_ANSWERS_MAX = 20;
/** Milliseconds until a deadline that fell due while we ourselves were busy is looked at again. */
export const LATE_CHECK_MS = 1000;
/** Milliseconds between two looks whether few connections are left, at a client that has said nothing for long. */
export const LOAD_CHECK_MS = 5000;

/** Decision records that wait to be kept: about 4 KiB each. Beyond, new ones are dropped: mail does not wait for them. */
export const DECISIONS_WAITING_MAX = 2000;
/** Records kept in one go, and milliseconds in which they are collected. */
export const DECISIONS_BATCH_MAX = 100;
export const DECISIONS_DELAY_MS = 200;
/** Milliseconds between two warnings that records are lost. */
export const DROPPED_WARNING_MS = 60_000;
/** A refused client that knocks again within so many milliseconds leaves no further record, so that a flood does not fill the store. */
export const REFUSALS_RECORDED_EVERY_MS = 60_000;
/** Refused addresses remembered for that. */
export const REFUSALS_REMEMBERED_MAX = 10_000;

/** What a client may say that was refused in the greeting: one EHLO, HELO, QUIT and some slack. */
export const TURNED_AWAY_LINES_MAX = 4;
export const TURNED_AWAY_OCTETS_MAX = 2048;
/** Milliseconds in which it should have said QUIT. */
export const TURNED_AWAY_MS = 10_000;
