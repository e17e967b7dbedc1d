/** ARC sets of one message (RFC 8617 §4.2.1). */
export const SETS_MAX = 50;
/** Octets of an ARC-Authentication-Results field that are read for what it claims. */
export const CLAIMS_OCTETS_MAX = 16 * 1024;
