/** Every bound of reports in and out, with its unit and its reason. */

/** Octets of a message beyond which no report is looked for in it. */
export const REPORT_MESSAGE_OCTETS_MAX = 12 * 1024 * 1024;
/** Octets of the part that holds the report, as it came; the largest that large providers send have one MiB. */
export const REPORT_PART_OCTETS_MAX = 6 * 1024 * 1024;
/** Octets of a report when it is unpacked: a reader's time. A row of an aggregate report has about 700. */
export const UNPACKED_OCTETS_MAX = 16 * 1024 * 1024;
/** Octets of a TLS report when it is unpacked: JSON is read in one go. */
export const UNPACKED_JSON_OCTETS_MAX = 2 * 1024 * 1024;
/** Octets of a part whose encoding is undone between two rests: some milliseconds. */
export const DECODED_PER_STEP_OCTETS = 256 * 1024;
/** Files of a zip that are looked at for the one with the report. */
export const ZIP_ENTRIES_MAX = 8;
/** Octets of the end of a zip in which its directory's place is looked for (the longest comment, and the record). */
export const ZIP_END_OCTETS_MAX = 65_535 + 22;
/** Messages that wait to be looked at; of more the report is not taken down, the mail is there all the same. */
export const ARRIVALS_WAITING_MAX = 50;

/** Milliseconds between two times that counted TLS results are written down: what a crash loses. */
export const TALLY_EVERY_MS = 60_000;
/** Milliseconds between two looks at whether reports are due. */
export const LOOK_EVERY_MS = 10 * 60_000;
/** Milliseconds after midnight (UTC) within which reports begin to go out, each server at another time (RFC 8460 §5.3: jitter). */
export const JITTER_MS_MAX = 4 * 60 * 60_000;
/** Days back for which reports are made: the server may have been off. */
export const DAYS_BACK = 2;
/** Days that counts, and the note that a report was made, are kept. */
export const TALLY_DAYS_KEPT = 7;
/** Policy domains of a day that are reported to, of one kind. */
export const DOMAINS_PER_DAY_MAX = 5000;
/** Rows of one aggregate report; each is another source with another result. */
export const ROWS_PER_REPORT_MAX = 10_000;
/** Rows of all aggregate reports of a day together, about 500 octets each. */
export const ROWS_PER_DAY_MAX = 100_000;
/** Milliseconds between two pages of decision records: others read the store, too. */
export const PAGE_PAUSE_MS = 20;
/** Decision records read at once. */
export const DECISIONS_PER_PAGE = 200;
/** Signatures of one row (RFC 9990 §3.1.4 allows 100; verdicts look at ten). */
export const SIGNATURES_PER_ROW_MAX = 10;
/** Addresses of one policy that are written to. */
export const DESTINATIONS_MAX = 5;
/** Octets of a report's message: more is taken by few. */
export const REPORT_OCTETS_MAX = 10 * 1024 * 1024;
/** Milliseconds for a look-up in the DNS. */
export const LOOKUP_MS = 15_000;
/** Milliseconds for handing in a report over HTTPS, and octets of the answer that are read. */
export const POST_MS = 60_000;
export const POST_ANSWER_OCTETS_MAX = 64 * 1024;
/** Milliseconds before a report is handed in over HTTPS for the second time; each further wait is twice as long. */
export const POST_AGAIN_MS = 5 * 60_000;
/** Milliseconds from the first try within which the last one is (RFC 8460 §5.5): nine tries. */
export const POST_FOR_MS = 24 * 60 * 60_000;
/** Reports that wait for another try, and their octets together: all are written down at each change. */
export const POSTS_WAITING_MAX = 100;
export const POSTS_WAITING_OCTETS_MAX = 3 * 1024 * 1024;
/** Milliseconds after which what waits is read: more than a thread of older settings has to end. */
export const POSTS_READ_AFTER_MS = 60_000;
/** Characters of a record that asks for reports. */
export const RECORD_LENGTH_MAX = 4096;
/** Sources of one domain, and rows of other sums, that are told apart. */
export const SOURCES_SUMMED_MAX = 2000;
