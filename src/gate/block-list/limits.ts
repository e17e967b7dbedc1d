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

/** Evidence loses half of its weight in this time. Milliseconds. */
export const EVIDENCE_HALF_LIFE_MS = 3600 * 1000;
/** Networks of one size whose offences are remembered; about 700 octets each, six sizes. */
export const NETWORKS_REMEMBERED_MAX = 10_000;
/** Offenders of one network that are told apart; a ban needs fewer. */
export const OFFENDERS_TOLD_APART_MAX = 16;
/** Lines of evidence kept for a network before there is a ban. */
export const EVIDENCE_KEPT_MAX = 5;
/** Wrong passwords remembered as hashes, so that the same one counts once: about 100 octets each. */
export const GUESSES_REMEMBERED_MAX = 100_000;
/** How long the same wrong password stays the same: a forgotten device counts once a day. Milliseconds. */
export const SAME_GUESS_MS = 24 * 3600 * 1000;
/** How long the password before a change is no offence. Milliseconds. */
export const PREVIOUS_PASSWORD_MS = 24 * 3600 * 1000;
/** Passwords of one account that were right lately, as hashes: its own and those of devices. */
export const RIGHT_PASSWORDS_PER_ACCOUNT_MAX = 8;
/** Accounts, passwords, client names and recipients that are counted; about 150 octets each. */
export const GROUPS_REMEMBERED_MAX = 20_000;
/** Bans remembered after they ended, to double the next. */
export const PAST_BANS_MAX = 20_000;

/** A login or good mail speaks for an address so long. Milliseconds. */
export const GOOD_FOR_MS = 30 * 24 * 3600 * 1000;
/** Networks with logins, and as many with good mail, that are remembered. */
export const GOOD_NETWORKS_MAX = 50_000;
/** Accounts that are remembered for one address; an office has more than it is worth knowing. */
export const ACCOUNTS_PER_ADDRESS_MAX = 32;

/** First automatic ban; each further one of the same network lasts twice as long. Milliseconds. */
export const BAN_FIRST_MS = 10 * 60 * 1000;
export const BAN_LONGEST_MS = 7 * 24 * 3600 * 1000;
/** A network without a ban for so long after its last one begins anew. Milliseconds. */
export const BAN_FORGOTTEN_MS = 7 * 24 * 3600 * 1000;

/** The same alert is not raised again for so long. Milliseconds. */
export const ALERT_AGAIN_MS = 3600 * 1000;
export const ALERTS_REMEMBERED_MAX = 1000;

/** Sessions are looked at over so long for addresses that hide others. Milliseconds. */
export const HIDDEN_WINDOW_MS = 10 * 60 * 1000;
/** Fewer sessions than this say nothing. */
export const HIDDEN_SESSIONS_MIN = 30;
/** So many unrelated client names from one address are several clients. */
export const HIDDEN_NAMES_MIN = 8;
/** Addresses watched for it. */
export const HIDDEN_ADDRESSES_MAX = 10_000;
