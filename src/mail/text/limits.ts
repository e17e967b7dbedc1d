/** Encoded octets of a part that are searched or previewed at most: a text nobody reads to its end, and 150 ms of work where it is HTML made to be slow. */
export const SEARCH_TEXT_OCTETS_MAX = 1024 * 1024;
/** Encoded octets of the first text part that are kept while a message streams, for its preview. */
export const PREVIEW_SOURCE_OCTETS_MAX = 2048;
/** Characters of a preview. */
export const PREVIEW_LENGTH_MAX = 200;
/** Characters of a charset's name. The longest registered ones have 45. */
export const CHARSET_NAME_LENGTH_MAX = 64;
/** Decoders kept for use again: more charsets than a site's mail has. */
export const DECODERS_KEPT_MAX = 32;
/** Octets of a quoted-printable line held back until its end comes: far above the 76 of RFC 2045 §6.7. */
export const QUOTED_LINE_OCTETS_MAX = 64 * 1024;
