/** Labels of a sender's domain for which the lists are looked through: more than any name of a mail server has. */
export const LABELS_LOOKED_AT_MAX = 16;
/** Addresses of which a thread remembers that it noted them lately. About 100 octets each. */
export const NOTED_REMEMBERED_MAX = 20_000;
/** Between two notes that the same account has written to the same address. Milliseconds. */
export const NOTED_AGAIN_MS = 60 * 60 * 1000;
/** Accounts that one question to the store names: an alias may lead to many. */
export const ACCOUNTS_PER_QUESTION = 500;
