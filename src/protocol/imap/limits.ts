/** Octets of one line of a command, between its literals. UID sets of large folders run to tens of thousands of octets. */
export const LINE_OCTETS_MAX = 64 * 1024;
/** Octets of one argument literal: mailbox names, credentials, search texts. The message of an APPEND is not one of them. */
export const ARGUMENT_LITERAL_OCTETS_MAX = 64 * 1024;
/** Octets of a whole command, literals included: what a connection can make the server hold. */
export const COMMAND_OCTETS_MAX = 128 * 1024;
/** Octets of an IDLE or AUTHENTICATE line (RFC 4422 leaves it open; 12,288 is the bound of RFC 4954 §4). */
export const ANSWER_LINE_OCTETS_MAX = 12_288;
/** Octets of a line that is too long or broken and is skipped; beyond it no line end is coming. */
export const SKIPPED_LINE_OCTETS_MAX = 1024 * 1024;
/** Octets of a refused non-synchronizing literal that are read and dropped to stay in step: a large message. */
export const REFUSED_LITERAL_OCTETS_MAX = 128 * 1024 * 1024;
/** Octets of a tag, which every answer repeats. Clients use under 20. */
export const TAG_OCTETS_MAX = 128;
/** Characters of a mailbox name, or of a pattern for names, that is put into normal form; a longer one names nothing that could exist. */
export const MAILBOX_NAME_LENGTH_MAX = 4096;
/** Ranges in one sequence set: a full line of alternating seven-digit UIDs has about 8,000. */
export const SEQUENCE_RANGES_MAX = 10_000;
/** Parentheses, NOT and OR inside each other in SEARCH: bounds the recursion of whoever walks the tree. */
export const SEARCH_DEPTH_MAX = 50;
/** Terms of one SEARCH. */
export const SEARCH_TERMS_MAX = 1000;
/** Items of one FETCH. */
export const FETCH_ITEMS_MAX = 256;
/** Header names in one HEADER.FIELDS. */
export const HEADER_NAMES_MAX = 256;
/** Part numbers in one section: deeper than any message that is taken apart. */
export const SECTION_DEPTH_MAX = 100;
/** Flags in one STORE or APPEND. */
export const FLAGS_MAX = 128;
/** Octets of a flag. */
export const FLAG_OCTETS_MAX = 255;
/** Patterns of one LIST: each is held against every folder of the account. */
export const LIST_PATTERNS_MAX = 32;
/** Entries of any other list: options of LIST, STATUS items, ENABLE, CREATE USE. */
export const LIST_ENTRIES_MAX = 256;
/** RFC 2971 §3.3. */
export const ID_FIELDS_MAX = 30;
export const ID_NAME_OCTETS_MAX = 30;
export const ID_VALUE_OCTETS_MAX = 1024;
