/** Every bound of reading reports, with its unit and its reason. Whatever is beyond is counted, not kept. */

/** Characters of one text of a report: domains, addresses, diagnostics. */
export const REPORT_TEXT_MAX = 256;
/** Octets of a delivery status or feedback part that are read: a hundred recipients with long diagnostics fit. */
export const STATUS_OCTETS_MAX = 64 * 1024;
/** Failed recipients of one bounce that are kept. */
export const BOUNCED_RECIPIENTS_MAX = 100;
/** Addresses of one complaint that are kept: a mailing to more is one complaint all the same. */
export const COMPLAINT_RECIPIENTS_MAX = 20;
/** Rows of one aggregate report that are kept, those that fail first: about 200 octets each. */
export const AGGREGATE_ROWS_MAX = 500;
/** Policies of one TLS report that are kept, and failures of one policy. */
export const TLS_POLICIES_MAX = 100;
export const TLS_FAILURES_MAX = 50;
/** Levels of values in a TLS report; RFC 8460 §4.4 has six. */
export const JSON_DEPTH_MAX = 12;
/**
 * Values of a TLS report, all levels together: JSON is read in one go, and so many take some ten milliseconds. A failure has eight,
 * so that 2,000 different ones fit.
 */
export const JSON_VALUES_MAX = 20_000;
/** Levels of elements in an aggregate report; the schema has five. */
export const XML_DEPTH_MAX = 12;
/** Children of one element that are kept; a record with that many signatures is none. */
export const XML_CHILDREN_MAX = 200;
/** Elements in one child of the root, all levels together: one record with a hundred signatures has 500. */
export const XML_ELEMENTS_MAX = 2000;
/** Characters of a tag with its attributes. */
export const XML_TAG_LENGTH_MAX = 2048;
/** Characters of a comment, an instruction or a CDATA section. */
export const XML_ASIDE_LENGTH_MAX = 64 * 1024;
/** Records of one report that are read: at 700 octets each, more than fit into what is unpacked. */
export const XML_ROOT_CHILDREN_MAX = 30_000;
/** Characters of tags and text between two rests of the reader, and what else costs time: about a millisecond. */
export const XML_WORK_PER_STEP = 8 * 1024;
/** Reports older than the mail itself, or of the next century, are of no day. Seconds since the epoch. */
export const REPORT_SECONDS_MAX = 4_102_444_800;
/**
 * Of one count: more messages are not sent in a day. The sum of all records that are read must stay below 2^53: the store
 * hands back no greater number, and one report would keep all others from being listed.
 */
export const REPORT_COUNT_MAX = 100_000_000_000;
