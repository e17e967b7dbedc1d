/** Bounds of what a policy file is told and may say. */

/** Characters of a text of the file: a line of a reply (RFC 5321 §4.5.3.1.5) with what stands around it. */
export const ANSWER_TEXT_MAX = 300;
/** Of the score that the file adds: with all other rules against it, or for it, it still decides. */
export const SCORE_MAX = 20;
/** Fields for a message from one answer, and characters of a value: one line without folding (RFC 5322 §2.1.1). */
export const HEADERS_MAX = 5;
export const HEADER_NAME_MAX = 60;
export const HEADER_VALUE_MAX = 200;
/** Characters of what is kept about a failure. */
export const FAILURE_DETAIL_MAX = 200;

/** Fields of a message's header that are handed over, characters of one, and of all together. */
export const FIELDS_MAX = 200;
export const FIELD_CHARACTERS_MAX = 4096;
export const FIELDS_CHARACTERS_MAX = 65_536;
/** Octets of the header that are read for that; more than the fields' characters, as what is cut is read, too. */
export const HEADER_OCTETS_MAX = 256 * 1024;
/** Addresses of one field. */
export const MAILBOXES_MAX = 100;
export const ATTACHMENTS_MAX = 100;
/** Characters of the names of people and files. */
export const NAME_CHARACTERS_MAX = 256;
/** Characters of the text, and octets that are read for it: HTML and base64 hold less text than they are long. */
export const TEXT_CHARACTERS_MAX = 16_384;
export const TEXT_OCTETS_MAX = 65_536;
