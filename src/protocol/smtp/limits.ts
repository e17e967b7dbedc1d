/** Every bound of the SMTP session, with its unit and its reason. What an operator may change is in `SessionSettings`. */

/** Octets of a command line, CRLF not counted: 512 of RFC 5321 §4.5.3.1.4 and what the announced extensions add to MAIL and RCPT. */
export const COMMAND_LINE_OCTETS_MAX = 2048;
/** Octets of an AUTH command or a SASL response, CRLF not counted (RFC 4954 §4). */
export const SASL_LINE_OCTETS_MAX = 12_288;
/** Octets of an overlong line that are dropped before the client is dropped too. */
export const DISCARDED_LINE_OCTETS_MAX = 64 * 1024;
/** Octets held while a question is open from which the session asks its driver to stop reading. */
export const HELD_OCTETS_PAUSE = 32 * 1024;
/** Octets held at most: one read of the driver past the bound above, with room to spare. Beyond it the session ends. */
export const HELD_OCTETS_MAX = 1024 * 1024;
/** Octets beyond the size limit that are read and dropped, so that the sender hears 552 and does not try again. */
export const DRAINED_OCTETS_MAX = 64 * 1024 * 1024;
/** RFC 3461 §5.4. */
export const ENVELOPE_ID_OCTETS_MAX = 100;
/** RFC 3461 §4.2. */
export const ORIGINAL_RECIPIENT_OCTETS_MAX = 500;
