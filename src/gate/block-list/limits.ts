/** Bounds of the block list and of what is remembered of offences, with their reasons. */

/** Entries of the list: several public lists together. About 500 octets each. */
export const ENTRIES_MAX = 250_000;
/** Lines of evidence one entry carries: enough to understand it. */
export const EVIDENCE_LINES_MAX = 10;
/** Characters of a reason or of a line of evidence. */
export const TEXT_CHARACTERS_MAX = 200;

/** Octets of a file to import: 250,000 lines of 64 octets. */
export const IMPORT_OCTETS_MAX = 16 * 1024 * 1024;
/** Bad lines that are named; further ones are counted. */
export const IMPORT_PROBLEMS_NAMED_MAX = 1000;
/** The widest network that may be banned: a slip of the pen must not shut out the world. Bits. */
export const BANNED_PREFIX_BITS_MIN = { 4: 8, 6: 16 } as const;
