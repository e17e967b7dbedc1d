/** Jobs that one look at the queue gives out: the writer is held up for no longer than a delivery takes. */
export const JOBS_PER_CLAIM_MAX = 50;
/** Destinations whose pace is remembered, about 200 octets each. */
export const DESTINATIONS_REMEMBERED_MAX = 10_000;
/** The queue is looked at as often even when nothing calls: a clock that was set back must not stop it. Milliseconds. */
export const LOOK_AT_LEAST_MS = 60_000;
/** Attempts under way get so long to end when the server stops, then they are broken off. Milliseconds. */
export const DRAIN_MS = 5_000;
/** From there until what they say is written down. Milliseconds. */
export const ABORT_MS = 3_000;
/** Octets of a message read from the store at once. */
export const READ_PIECE_OCTETS = 256 * 1024;
/**
 * Octets at the beginning of a message that are read first: its Return-Path ends in them, and most messages do. All attempts
 * under way hold as much at most.
 */
export const READ_AT_ONCE_OCTETS = 64 * 1024;
/** Octets of a remote server's words that are kept: ten lines of them. */
export const REPLY_TEXT_OCTETS_MAX = 1024;
/** Octets of the original that a report gives back whole; of a larger one the header is enough. */
export const RETURNED_MESSAGE_OCTETS_MAX = 64 * 1024;
/** Octets of the original's header that a report gives back. */
export const RETURNED_HEADER_OCTETS_MAX = 16 * 1024;
/** Recipients that a report describes in its text; the machine-readable part has all. */
export const RECIPIENTS_IN_TEXT_MAX = 50;
/** Refusals of an address for good after which mail to it is not sent any more: one may be a mistake of that moment. */
export const SUPPRESS_FROM_TIMES = 2;
/** So long a suppressed address is one. Milliseconds: 7 days. */
export const SUPPRESS_MS = 7 * 24 * 60 * 60 * 1000;
/** A report that nobody can have is kept so long for the administrator. Milliseconds: 14 days. */
export const DEAD_KEPT_MS = 14 * 24 * 60 * 60 * 1000;
/** Between two rounds of forgetting. Milliseconds. */
export const PRUNE_EVERY_MS = 60 * 60 * 1000;
/** Where a report has no room now, it is tried again after so long. Milliseconds. */
export const NO_SPACE_RETRY_MS = 15 * 60 * 1000;
/** Messages that one provider refuses with one code before it is told: one or two may be about what stands in them. */
export const REFUSALS_FROM_MESSAGES = 3;
/** Within so long. Milliseconds: a day. */
export const REFUSALS_WINDOW_MS = 24 * 60 * 60 * 1000;
/** While it lasts it is told again after so long. Milliseconds: a day. */
export const REFUSALS_TOLD_AGAIN_MS = 24 * 60 * 60 * 1000;
/** Providers and codes that are counted at once; the least used go. */
export const REFUSALS_KEPT_MAX = 500;
