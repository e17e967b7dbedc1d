/** Bounds of what is asked of programs beside us that look at messages. */

/** Connections to one scanner at once, for each of our threads: Debian's clamd looks at twelve messages at a time. */
export const CONNECTIONS_MAX = 8;
/** Messages that wait for a connection, for each of our threads. What does not fit was not scanned. */
export const WAITING_MAX = 64;
/** Octets that a scanner said and nobody has read yet, after which it is not listened to. */
export const UNREAD_OCTETS_MAX = 64 * 1024;
/** Milliseconds for a scanner to be connected to: it is on this machine or near. */
export const CONNECT_MS = 5000;
/** Header octets of a message that milters are told: as many as its index reads. */
export const HEADER_OCTETS_MAX = 256 * 1024;
/** Octets of all fields that one milter may add to a message, and how many fields. */
export const ADDED_OCTETS_MAX = 32 * 1024;
export const ADDED_FIELDS_MAX = 50;
/** Characters of one field that evidence keeps; the message has the whole field. */
export const SHOWN_CHARACTERS_MAX = 500;
/** Names of fields and changes that were not taken over, which evidence keeps. */
export const NAMED_MAX = 20;
