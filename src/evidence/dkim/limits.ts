/** Signatures of one message that are looked at, topmost first. Honest mail has one to three. */
export const SIGNATURES_MAX = 10;
/** Octets of a header that is read for signatures: four times what the largest honest ones have. */
export const HEADER_OCTETS_MAX = 256 * 1024;
/** Key records of one selector that are tried; there should be one. */
export const KEY_RECORDS_MAX = 3;
/** Characters of a key record: a key of 4096 bits needs about 750. */
export const KEY_RECORD_LENGTH_MAX = 4096;
/** Bits of an RSA modulus, from RFC 8301 §3.2: below, it can be factored; above, it only costs time. */
export const RSA_BITS_MIN = 1024;
export const RSA_BITS_MAX = 4096;
/** Bits under which a key is due for a new one (RFC 8301 §3.2: signers SHOULD use 2048). */
export const RSA_BITS_ADVISED = 2048;
/** Largest public exponent: with one as long as the modulus a verification would cost a hundred times as much. */
export const RSA_EXPONENT_MAX = 0xffff_ffffn;
/** Characters of a tag's value kept in the evidence. */
export const TAG_SHOWN_MAX = 256;
/** Octets of a domain name as U-labels: 255 as A-labels may need up to four times as many. */
export const DOMAIN_LENGTH_MAX = 1024;
/** Key records remembered as keys, for each thread: about 2 KiB each. */
export const KEYS_REMEMBERED_MAX = 500;
/** Names in `h=`: honest signers write up to about fifty, some of them twice. */
export const SIGNED_FIELDS_MAX = 500;
