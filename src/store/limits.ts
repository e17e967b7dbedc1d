/** Octets of a message that live in the database. Larger ones are files from their first octet beyond it. */
export const INLINE_OCTETS_MAX = 128 * 1024;
/** Operations the writer takes into one transaction: bounds the time to the answer. */
export const GROUP_COMMIT_OPERATIONS_MAX = 512;
/** Operations that may wait for the writer: callers beyond it are refused, so that a slow disk cannot fill the memory. */
export const WAITING_OPERATIONS_MAX = 20_000;
/** Rows a listing call returns at once; callers go on from the last. */
export const ROWS_PER_CALL_MAX = 1000;
/** Octets one readContent call returns at most. */
export const READ_OCTETS_MAX = 1024 * 1024;
/** Folders one account may have. */
export const FOLDERS_PER_ACCOUNT_MAX = 10_000;
/** Names one account may subscribe to; they need not exist. */
export const SUBSCRIPTIONS_PER_ACCOUNT_MAX = 10_000;
/** Octets of a folder name in UTF-8, hierarchy included. */
export const FOLDER_NAME_OCTETS_MAX = 1000;
/** Depth of a folder name, counted in levels. */
export const FOLDER_DEPTH_MAX = 50;
/** Different keywords on one message. */
export const KEYWORDS_PER_MESSAGE_MAX = 64;
/** Characters of one keyword: longer ones are no use to anybody and would swell every row. */
export const KEYWORD_LENGTH_MAX = 128;
/** Keywords whose first spelling an account remembers; further ones are kept as they are written. */
export const KEYWORDS_PER_ACCOUNT_MAX = 1000;
/** Expunged UIDs remembered a folder, about 16 octets each. A client that was away for more is told all UIDs that are gone. */
export const EXPUNGED_PER_FOLDER_MAX = 100_000;
/** Messages without a reference whose rows one transaction removes: bounds the wait of those behind a big expunge. */
export const PURGE_BLOBS_PER_TRANSACTION_MAX = 64;
/** Figures of folders and accounts the writer keeps in memory, about 200 octets each. */
export const LEDGER_ENTRIES_MAX = 20_000;
/**
 * Octets of the disk below which no mail is taken in: deleting mail needs room for the database's log (16 MiB and what is
 * under way), so a disk that mail had filled to the last octet could not be tidied up by its users.
 */
export const DISK_RESERVE_OCTETS = 64 * 1024 * 1024;
/** Octets below which compressing a message costs more time than its pages are worth (zstd: 5 µs a KiB). */
export const COMPRESS_OCTETS_MIN = 16 * 1024;
/** Octets of the sample that tells whether the whole will compress: base64 (to 76 %) must not, text and HTML must. */
export const COMPRESS_SAMPLE_OCTETS = 2 * 1024;
/** Octets after compression over octets before, above which the plain octets are kept. */
export const COMPRESS_RATIO_MAX = 0.6;
/** Octets of unpacked messages the reader keeps: the next range of the same message costs nothing. */
export const UNPACKED_OCTETS_MAX = 4 * 1024 * 1024;
/** Rows a search takes out of the database at once: about 2 ms. */
export const SEARCH_SLICE_ROWS = 1000;
/** Questions to rows (a message and a key that its row answers) before a search lets other reads have their turn: about 5 ms. */
export const SEARCH_SLICE_QUESTIONS = 50_000;
/** Characters of decoded text a search keeps of one message, for keys that ask it again; a longer one is decoded again. */
export const SEARCH_TEXT_KEPT_MAX = 4 * 1024 * 1024;
/** Octets of content and characters of text a search goes through before it lets other reads have their turn: about 5 ms. */
export const SEARCH_SLICE_OCTETS = 512 * 1024;
/** Decision records one call forgets: a longer transaction would hold up mail. */
export const PRUNED_DECISIONS_PER_CALL_MAX = 500;
/** Changed entries of the block list that an event carries; of more it says only that they changed. About 500 octets each. */
export const BLOCK_LIST_CHANGES_TOLD_MAX = 1000;
/** Senders that may wait in the greylist, about 300 octets each. Beyond it nobody new waits: who is forgotten would wait for ever. */
export const GREYLIST_WAITING_MAX = 100_000;
/** Senders that the greylist knows; an hour's new ones of a large site are a hundredth of it. */
export const GREYLIST_KNOWN_MAX = 200_000;
/** Known senders that are left when there were too many: room for new ones until the next look. */
export const GREYLIST_KNOWN_KEPT = 180_000;
/** New rows of the greylist between two counts of all: a count of the largest table takes some milliseconds. */
export const GREYLIST_COUNT_EVERY = 256;
/** Rows of the greylist one call forgets: a longer transaction would hold up mail. */
export const PRUNED_GREYLIST_PER_CALL_MAX = 500;
/** Messages kept back, about 500 octets each beside the mail itself; beyond it they go to Junk, as without room. */
export const QUARANTINE_MESSAGES_MAX = 100_000;
/** Messages kept back that one call forgets when their time is over: a longer transaction would hold up mail. */
export const PRUNED_QUARANTINE_PER_CALL_MAX = 100;
/** Entries of the sender lists. Each thread that talks to clients has them in memory, about 300 octets each. */
export const SENDER_ENTRIES_MAX = 20_000;
/** Addresses that an account is known to have written to, about 60 octets each; of more the oldest are forgotten. */
export const CORRESPONDENTS_PER_ACCOUNT_MAX = 5000;
/** Recipients of a message from which it is bulk: it goes behind what goes to few. */
export const QUEUE_BULK_RECIPIENTS = 50;
/** How much later a priority's turn counts than that of the one before it: what waits longer overtakes. Milliseconds. */
export const QUEUE_PRIORITY_STEP_MS = 60_000;
/** Attempts of a message that are kept for `queue show`: the first ones say the same as the last. */
export const QUEUE_ATTEMPTS_KEPT = 5;
/** Recipients that one call holds, releases, tries again or removes: a longer transaction would hold up mail. */
export const QUEUE_CHANGES_PER_CALL_MAX = 500;
/** Recipients of a message that a list shows; `queue show` has all. */
export const QUEUE_RECIPIENTS_LISTED = 5;
/** What is forgotten of other nodes in one call: a longer transaction would hold up mail. */
export const PRUNED_PAIR_PER_CALL_MAX = 500;
/** How far the clock of another node may be ahead before its word on the block list is not heard. Milliseconds. */
export const STAMP_AHEAD_MS_MAX = 24 * 60 * 60 * 1000;
/** Reports of others that are kept: a year of a site with twenty domains. */
export const REPORTS_MAX = 10_000;
/** Octets of all of them together. */
export const REPORTS_OCTETS_MAX = 128 * 1024 * 1024;
/** Reports that one call lists: some have 100 KiB. */
export const REPORTS_PER_CALL_MAX = 100;
/** Different things of one day that are counted for reports of ours, about 300 octets each. */
export const REPORT_TALLIES_PER_DAY_MAX = 50_000;
/** What is forgotten of reports in one call: a longer transaction would hold up mail. */
export const PRUNED_REPORTS_PER_CALL_MAX = 200;
/** Addresses that are remembered as not existing, about 300 octets each. */
export const SUPPRESSED_ADDRESSES_MAX = 100_000;
/** So long an account is known at a network after it was last seen there. Milliseconds: 30 days. */
export const KNOWN_NETWORK_MS = 30 * 24 * 60 * 60 * 1000;
/** A network is new until the account is seen there for so long: a thief's first login must not make it known. Milliseconds. */
export const NEW_NETWORK_MS = 24 * 60 * 60 * 1000;
/** Addresses, the last first, from which the networks of an account are told: one that is seen in more has no home. */
export const KNOWN_PLACES_READ_MAX = 10_000;
/** In shadow an account is told of once in this time. Milliseconds: a day. */
export const SHADOW_AGAIN_MS = 24 * 60 * 60 * 1000;
/** Addresses that an account is remembered to send from in a day, about 100 octets each; of more only the sum is counted. */
export const SENDING_SOURCES_PER_DAY_MAX = 500;
/** Addresses, domains and subjects on an incident sheet: what a person reads. */
export const SENDING_SOURCES_SHOWN = 20;
export const SENDING_DOMAINS_SHOWN = 10;
export const SENDING_SUBJECTS_SHOWN = 5;
/** Messages whose subjects an incident sheet is made from: their indexes are read one by one. */
export const SENDING_SUBJECTS_READ = 200;
/** Rows about sending that one call forgets: a longer transaction would hold up mail. */
export const PRUNED_SENDING_PER_CALL_MAX = 1000;
/** Passkeys of one account, links for more of them included: more devices than people have. */
export const PASSKEYS_PER_ACCOUNT_MAX = 10;
/** Questions to browsers of one account that are open at once, about 200 octets each. */
export const PASSKEY_CHALLENGES_PER_ACCOUNT_MAX = 10;
/** Codes of TOTP that may be tried at once. Three of a million are right at a time. */
export const TOTP_ATTEMPTS_MAX = 5;
/** One more may be tried after so long: 288 a day, of which a guesser with the password hits one in three years. Milliseconds. */
export const TOTP_ATTEMPT_MS = 5 * 60_000;
