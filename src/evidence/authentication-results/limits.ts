/** Results read from one foreign field. */
export const CLAIMS_MAX = 32;
/** Properties read from one result. */
export const PROPERTIES_MAX = 16;
/** Characters of a foreign value that are kept. */
export const CLAIM_LENGTH_MAX = 256;
/** Characters of a line that we write, where it can be broken (RFC 5322 §2.1.1). */
export const LINE_LENGTH = 78;
/** Octets of a foreign value that we write; longer ones are left out, never cut into another identity. */
export const VALUE_OCTETS_MAX = 320;
