/** Octets of a version 1 line, CRLF included: the longest the specification allows (§2.1). */
export const V1_LINE_OCTETS_MAX = 107;
/** Octets of a version 2 header before its addresses (§2.2). */
export const V2_FIXED_OCTETS = 16;
/** Octets of addresses and TLVs in version 2 that are read: two socket paths take 216, TLS facts a few hundred more. */
export const V2_PAYLOAD_OCTETS_MAX = 4096;
