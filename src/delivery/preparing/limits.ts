/** Octets of a line without its CRLF that a server must take (RFC 5321 §4.5.3.1.6). */
export const LINE_OCTETS_MAX = 998;
/** Octets of a message read at once. */
export const PIECE_OCTETS = 64 * 1024;
/** Octets by which places that cannot go out as they are are told apart: a message of 50 MiB has 12,800 such blocks. */
export const BLOCK_OCTETS = 4096;
/** Octets of a part's header that is changed; one that is larger is left as it is. */
export const PART_HEADER_OCTETS_MAX = 64 * 1024;
/** Characters of a header line after it was folded; RFC 5322 §2.1.1 advises it. */
export const FOLDED_LENGTH = 78;
/** Octets of a body that is kept in memory while it is sent: it is read three times, and most messages are smaller. */
export const KEPT_OCTETS_MAX = 256 * 1024;
