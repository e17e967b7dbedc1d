/** Parts one inside the other. Chains of forwards and bounces reach ten. Each costs one comparison at every line that looks like a delimiter. */
export const NESTING_MAX = 30;
/** Parts of a message: digests have hundreds. Each costs its index a few hundred octets. */
export const PARTS_MAX = 1000;
/** Octets of one part's header that are read. Longer headers are stored whole, but not understood past this. */
export const HEADER_OCTETS_MAX = 256 * 1024;
/** Octets of all headers of a message that are read: bounds the index, which is made of nothing else. */
export const HEADERS_TOTAL_OCTETS_MAX = 512 * 1024;
/** Octets of a boundary. RFC 2046 §5.1.1 allows 70; a line of mail has at most 998 (RFC 5322 §2.1.1). */
export const BOUNDARY_OCTETS_MAX = 900;
/** Octets of a line that are looked at to tell what it is: a boundary with its dashes and some padding, or a field name. */
export const LINE_HEAD_OCTETS_MAX = 1000;
/** Text parts that are tried for a preview while those before had nothing to read. */
export const PREVIEW_ATTEMPTS_MAX = 4;
