/** Octets of one chunk of a body. The protocol takes 65,535; with its frame it fits into 64 KiB. */
export const BODY_CHUNK_OCTETS_MAX = 64 * 1024 - 5;
/** Octets of one command: what libmilter reads of one; it drops connections over it. */
export const COMMAND_OCTETS_MAX = 65_535;
/** Octets of one reply: the largest is a piece of a new body. */
export const REPLY_OCTETS_MAX = 65_536;
/** Changes that a milter may ask for at the end of one message, and their octets: far over what any honest one does. */
export const CHANGES_MAX = 200;
export const CHANGES_OCTETS_MAX = 256 * 1024;
/** "I am still at it" that is heard in a row; the deadline ends it in any case. */
export const PROGRESS_MAX = 10_000;
/** Characters of a reply's text that are handed on to the client. */
export const REPLY_TEXT_CHARACTERS_MAX = 300;
