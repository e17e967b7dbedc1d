/** Bounds of the verdict room. */

/** Characters of a name or reason that others wrote, quoted in a reply or finding. */
export const QUOTED_CHARACTERS_MAX = 80;
/** Octets of one line of a reply's text: 512 with code, enhanced status, our ID and CRLF (RFC 5321 §4.5.3.1.5). */
export const REPLY_LINE_OCTETS_MAX = 440;
/** Objections named in one reply; the record has them all. */
export const NAMED_OBJECTIONS_MAX = 4;
/** Terms of an SPF record that may ask the DNS, and questions of theirs that may find nothing (RFC 7208 §4.6.4): for showing. */
export const SPF_LOOKUPS_MAX = 10;
export const SPF_VOIDS_MAX = 2;
