/** Octets of one chunk of INSTREAM: 64 KiB with its length in front. clamd itself takes more. */
export const CHUNK_OCTETS_MAX = 64 * 1024 - 4;
/** Octets of one reply: a signature's name or the words of an error. A scanner that says more is none. */
export const REPLY_OCTETS_MAX = 4096;
/** Characters of what the scanner said that are handed on: names of signatures are shorter. */
export const NAME_CHARACTERS_MAX = 120;
