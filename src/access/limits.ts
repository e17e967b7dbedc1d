/** Bounds of the rooms that hand mail out. What an operator may want to change is a setting beside the session that uses it. */

/** Octets of one write to the connection: small answers are gathered up to here, so that a FETCH of flags is not a packet a line. */
export const OUTPUT_CHUNK_OCTETS = 16 * 1024;
/** Octets of a message read from the store, and held, at once. */
export const READ_PIECE_OCTETS = 256 * 1024;
/** Octets a client may send ahead of the command that runs; beyond it the connection is not read. A literal of APPEND flows by in pieces of this size. */
export const INPUT_HELD_OCTETS_MAX = 64 * 1024;
/** Rows of flags and sizes in memory at once: about 200 octets each. */
export const ROWS_PER_BATCH = 250;
/** Rows with their MIME structure in memory at once: commonly 2 KiB each. */
export const INDEX_ROWS_PER_BATCH = 100;
/** Characters of prepared values that a thread keeps, for all its sessions: of some 10,000 messages what a list shows. */
export const PREPARED_LENGTH_MAX = 8 * 1024 * 1024;
/** Characters of one that is kept: a whole header is commonly longer, and read once. */
export const PREPARED_VALUE_LENGTH_MAX = 4096;
/** What one costs beside its own characters. */
export const PREPARED_OVERHEAD = 200;
/** Octets of many messages that are read together; with those of the call before, twice as much is held. */
export const READ_TOGETHER_OCTETS_MAX = 192 * 1024;
/** Octets of one message that are read ahead; longer sections are read when they are written. */
export const READ_AHEAD_OCTETS_MAX = 32 * 1024;
/** Runs of \Recent messages one session remembers. */
export const RECENT_RANGES_MAX = 256;
/** Failed logins on one connection before it is closed. */
export const LOGIN_FAILURES_MAX = 3;
/** Wait after the first failed login, in milliseconds; each further one waits as much longer. */
export const LOGIN_FAILURE_DELAY_MS = 2000;
/** Commands that made no sense before the connection is closed. */
export const BAD_COMMANDS_MAX = 20;
/** A connection without a login lasts no longer than this, whatever it says meanwhile. Milliseconds. */
export const PRE_AUTH_TOTAL_MS = 5 * 60_000;
/** Octets of header fields that one FETCH response may hold before it is sent and another begun. */
export const FETCH_IN_HAND_OCTETS_MAX = 256 * 1024;
/** Octets of an appended message that is held in memory because its binary parts may have to be encoded (RFC 3516). */
export const BINARY_APPEND_OCTETS_MAX = 2 * 1024 * 1024;
/** Changes that follow one that was told to an idling client are gathered for so long. Milliseconds; nobody sees the difference. */
export const IDLE_GATHER_MS = 100;
/** Keywords of a folder that are announced to one session; further ones are met without notice. */
export const KEYWORDS_TOLD_MAX = 500;
/** Characters of all patterns of a LIST: several of the longest names there can be. */
export const LIST_PATTERNS_LENGTH_MAX = 8192;
/** Characters of patterns times characters of names that are held against each other before other sessions get a turn: about 5 ms. */
export const LIST_STEPS_PER_TURN = 4_000_000;
/** Folder names that are matched before other sessions get a turn. */
export const LIST_NAMES_PER_TURN = 100;
/** An idling client that hears of no change for so long is told that the server is still there. Milliseconds; address translators forget after five minutes. */
export const IDLE_QUIET_MS = 2 * 60_000;
