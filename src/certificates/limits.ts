const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Between two looks whether a certificate is due, at most. Milliseconds. */
export const DUE_LOOK_MS = HOUR_MS;
/** And at least. Milliseconds. */
export const LOOK_AGAIN_MS = 5_000;
/** After a start: the ports must be there first, and a server that starts again and again must not order each time. Milliseconds. */
export const FIRST_LOOK_MS = 2_000;
/** A certificate that was just ordered is ordered again only for new names, whatever the authority wishes; half its life where that is shorter. Milliseconds. */
export const ORDER_AGAIN_MS = 24 * HOUR_MS;
/** After a failure. Authorities allow about five an hour for a name. Milliseconds. */
export const RETRY_FIRST_MS = 10 * MINUTE_MS;
/** It doubles with each failure, up to this: a certificate still has a third of its life. Milliseconds. */
export const RETRY_LAST_MS = 12 * HOUR_MS;
/** Part of a wait by which it is made longer or shorter, so that many servers do not come at once. */
export const JITTER = 0.2;
/** Part of its life that a certificate has left when it is renewed, where the authority does not say. */
export const RENEW_AT_LIFE_LEFT = 1 / 3;
/** Part of its life within which the renewal is chosen at random, before that. */
export const RENEW_SPREAD = 1 / 60;
/** Between two questions to the authority when it wants a renewal (RFC 9773 §4.3.2 asks for at least each day). Milliseconds. */
export const RENEWAL_INFO_MS = 6 * HOUR_MS;
/** An authority takes 100 names in a certificate. */
export const NAMES_MAX = 100;
