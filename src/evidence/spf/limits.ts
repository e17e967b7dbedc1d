/** Milliseconds for one evaluation, whatever it asks (RFC 7208 §4.6.4). */
export const SPF_TIME_MS = 20_000;
/** Terms that ask the DNS, `redirect` and the macro `p` among them, in one evaluation (RFC 7208 §4.6.4). */
export const LOOKUPS_MAX = 10;
/** Questions of those terms that find nothing (RFC 7208 §4.6.4). */
export const VOIDS_MAX = 2;
/** Host names of one `mx` that are asked for their addresses (RFC 7208 §4.6.4). */
export const EXCHANGES_MAX = 10;
/** Names of the client's address that are followed for `ptr` and the macro `p` (RFC 7208 §4.6.4). */
export const POINTER_NAMES_MAX = 10;
/** Octets of a domain name (RFC 1035 §2.3.4); longer ones lose labels on the left (RFC 7208 §7.3). */
export const NAME_LENGTH_MAX = 253;

/** Terms that a walk through a whole record, with all that it includes, may ask for: ten times what is legal shows enough. */
export const WALK_LOOKUPS_MAX = 100;

/** Terms of one record kept in the evidence; more are counted. Honest records have about ten. */
export const TERMS_SHOWN_MAX = 64;
/** Characters of one record kept in the evidence. RFC 7208 §3.4 recommends 450. */
export const RECORD_SHOWN_MAX = 2048;
/** Characters of one term, name or answer kept in the evidence. */
export const TEXT_SHOWN_MAX = 512;
/** Answers to one question kept in the evidence. */
export const ANSWERS_SHOWN_MAX = 10;
/** Characters of the domain owner's explanation: it must fit a reply. */
export const EXPLANATION_LENGTH_MAX = 400;

/** Records remembered as terms, for each thread: a few KiB each at most. */
export const RECORDS_REMEMBERED_MAX = 500;
/** Characters of a record that is remembered. RFC 7208 §3.4 recommends 450. */
export const RECORD_REMEMBERED_LENGTH_MAX = 1024;
