/** Every bound of the SMTP client session, with its unit and its reason. */

/** Octets of a reply line, its line end not counted: RFC 5321 §4.5.3.1.5 says 512, and some servers say more. */
export const REPLY_LINE_OCTETS_MAX = 2048;
/** Lines of one reply: an EHLO of the most talkative server has about 30. */
export const REPLY_LINES_MAX = 128;
/** Octets of one reply with all its lines. */
export const REPLY_OCTETS_MAX = 32 * 1024;
/** Extensions that are remembered of an EHLO. */
export const EXTENSIONS_MAX = 64;
/** Octets of a BDAT chunk: one round trip for each, and one chunk in memory. */
export const CHUNK_OCTETS = 512 * 1024;
/** SASL challenges that are answered in one authentication: SCRAM has two, LOGIN two. */
export const CHALLENGES_MAX = 4;
