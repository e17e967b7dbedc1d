/** Octets of one field value that are read; the rest is left out. A list of a thousand recipients fits. */
export const FIELD_OCTETS_MAX = 64 * 1024;
/** Addresses read from one field, group marks included: more than any mail program shows. */
export const ADDRESSES_MAX = 2000;
/** Parameters read from one field, each RFC 2231 section counted: honest fields have fewer than ten. */
export const PARAMETERS_MAX = 100;
/** Characters of one parameter value after its sections were joined: file names are at most 255 octets, encoded thrice. */
export const PARAMETER_VALUE_MAX = 4096;
/** Languages read from Content-Language. */
export const LANGUAGES_MAX = 32;
/** Characters of a Date field that are read: the longest legal one with a comment fits well. */
export const DATE_LENGTH_MAX = 256;
/** Characters an encoded word may span while a display name is read: RFC 2047 §2 allows 75, careless senders write more. */
export const ENCODED_WORD_LENGTH_MAX = 256;
