/** Octets of the From field: a name, an address and much else fit. */
export const FROM_OCTETS_MAX = 8 * 1024;
/** Labels of the second name that a tree walk asks for, where the first has more (RFC 9989 §4.10). */
export const WALK_LABELS_MAX = 7;
/** Signing domains that may walk the tree for their alignment; RFC 9989 bounds the questions of one walk, not the walks. */
export const ALIGNMENT_WALKS_MAX = 10;
/** Characters of a policy record that are read; honest ones have a tenth. */
export const RECORD_LENGTH_MAX = 4096;
/** Characters of a policy record kept in the evidence. */
export const RECORD_SHOWN_MAX = 1024;
/** Octets of a domain name (RFC 1035 §2.3.4). */
export const NAME_LENGTH_MAX = 253;
