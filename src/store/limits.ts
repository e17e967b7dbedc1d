/** Octets of a message that live in the database. Larger ones are files from their first octet beyond it. */
export const INLINE_OCTETS_MAX = 128 * 1024;
/** Operations the writer takes into one transaction: bounds the time to the answer. */
export const GROUP_COMMIT_OPERATIONS_MAX = 512;
/** Rows a listing call returns at once; callers go on from the last. */
export const ROWS_PER_CALL_MAX = 1000;
/** Octets one readContent call returns at most. */
export const READ_OCTETS_MAX = 1024 * 1024;
/** Folders one account may have. */
export const FOLDERS_PER_ACCOUNT_MAX = 10_000;
/** Octets of a folder name in UTF-8, hierarchy included. */
export const FOLDER_NAME_OCTETS_MAX = 1000;
/** Depth of a folder name, counted in levels. */
export const FOLDER_DEPTH_MAX = 50;
/** Different keywords on one message. */
export const KEYWORDS_PER_MESSAGE_MAX = 64;
