/** Bits of a new RSA key: what RFC 8301 §3.2 asks of signers, and what still fits one UDP answer. */
export const RSA_BITS = 2048;
/** Characters of a line of a signature field; RFC 5322 §2.1.1 advises it. */
export const FIELD_LINE_LENGTH = 76;
const HOUR_MS = 60 * 60 * 1000;
/** A key that was published so long ago is seen by all: as long as records are commonly kept, a day. Milliseconds. */
export const SEEN_EVERYWHERE_MS = 24 * HOUR_MS;
/** How long a key that signs no more stays published: mail is tried for five days, and verified when it is fetched. Milliseconds. */
export const RETIRED_FOR_MS = 30 * 24 * HOUR_MS;
/** Domains whose keys are kept at hand: a key takes about 4 KiB. */
export const DOMAINS_KEPT_MAX = 1000;
/** Characters of a line of a signature's base64. */
export const SIGNATURE_LINE_LENGTH = 72;
/** Sets of an ARC chain (RFC 8617 §4.2.1). */
export const INSTANCE_MAX = 50;
/** Octets of a field of results that are passed on: our own has less than half of it. */
export const RESULTS_OCTETS_MAX = 16 * 1024;
