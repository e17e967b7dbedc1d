/** Octets of a message's header that are read for what its fields say: as many as its index reads. */
export const HEADER_OCTETS_MAX = 256 * 1024;
/** Octets of one field that are read: names and addresses of a letter, not of a mailing to thousands. */
export const FIELD_OCTETS_MAX = 16 * 1024;
/** Fields of one name that are read, of those that may stand once: one too many is enough to know. */
export const FIELDS_OF_A_NAME_MAX = 4;
/** Addresses of one field that are read, of those that name who sent the message. */
export const ADDRESSES_MAX = 50;
/** Attachments that are looked at. Each costs a name, and a look at its first octets. */
export const ATTACHMENTS_MAX = 100;
/** Encoded octets of all attachments of a message that are read, the most suspicious kinds or not: bounds its time. */
export const ATTACHMENTS_OCTETS_MAX = 2 * 1024 * 1024;
/** Encoded octets at the beginning of an attachment that tell what it is. */
export const HEAD_OCTETS_MAX = 512;
/** Encoded octets at the end of an archive that are read for its list of files: some thousand names. */
export const ARCHIVE_TAIL_OCTETS_MAX = 256 * 1024;
/** Encoded octets of an old office file that are searched for macros. */
export const DOCUMENT_OCTETS_MAX = 512 * 1024;
/** Names of one archive that are read. */
export const ARCHIVE_ENTRIES_MAX = 2000;
/** Files with something to say that evidence keeps. */
export const FILES_MAX = 50;
/** Characters of a file's name that evidence shows. */
export const NAME_CHARACTERS_MAX = 256;
/** Links and addresses of List-Unsubscribe that are read: honest ones have two. */
export const UNSUBSCRIBE_LINKS_MAX = 10;
