import { SASL_LINE_OCTETS_MAX } from "../sasl/limits.ts";

/**
 * Octets of one line from the client, its end not counted. RFC 2449 §4 asks for 255; a SASL response beside `AUTH PLAIN`
 * may be longer, and so may a password.
 */
export const LINE_OCTETS_MAX = SASL_LINE_OCTETS_MAX + 32;
/** Unknown, malformed and misplaced commands a session may send before it is closed. */
export const BAD_COMMANDS_MAX = 20;
/** Refused credentials after which a session is closed. */
export const FAILED_LOGINS_MAX = 3;
/** Lines of a LIST or UIDL that are made at once: about 16 KiB, after which the client's pace counts. */
export const LISTING_LINES_AT_ONCE = 1000;
