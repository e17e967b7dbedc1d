/** Encoded octets of one part that are read. Mail programs show no more: the longest newsletters have a quarter of it. */
export const PART_OCTETS_MAX = 512 * 1024;
/** Encoded octets of all parts of a message that are read: bounds the time of a message made to be slow. */
export const MESSAGE_OCTETS_MAX = 1024 * 1024;
/** Parts that are read. Each costs a decoder and a look at its octets; letters have three. */
export const PARTS_READ_MAX = 64;
/** Messages inside encoded messages that are opened, one inside the other. */
export const ENCODED_MESSAGES_DEPTH_MAX = 2;
/** Links of a message that are read; each different one counts once. */
export const LINKS_MAX = 2500;
/** Characters of a link that are read. Browsers and servers seldom take more than 2,048; what carries the host is in front. */
export const LINK_CHARACTERS_MAX = 4096;
/** Characters of a word of text in which links and addresses are looked for. */
export const WORD_CHARACTERS_MAX = 2048;
/** Characters of a host when what hides it is undone: 253 of a name, some of them made of two. */
export const HOST_CHARACTERS_MAX = 512;
/** Characters of a link inside a link that are read: scheme, user and host. */
export const INNER_LINK_CHARACTERS_MAX = 1200;
/** Links inside one link that are read. */
export const INNER_LINKS_MAX = 16;
/** Times that percent encoding is undone to find a link inside a link: wrappers of wrappers encode again. */
export const INNER_DECODINGS_MAX = 8;
/** Different hosts that are known while a message is read; of these the most telling are kept. */
export const HOSTS_SEEN_MAX = 1000;
/** Different hosts of a message that are kept and may be asked about. */
export const HOSTS_MAX = 40;
/** Different addresses of a message that are kept. */
export const ADDRESSES_MAX = 40;
/** Places kept for each host: where it was found first, and how it was written. */
export const DERIVATIONS_MAX = 3;
/** Characters of a link that evidence shows. */
export const SHOWN_CHARACTERS_MAX = 256;
/** Characters of the text of a link that are compared with where it goes. */
export const LINK_TEXT_CHARACTERS_MAX = 1024;
/** Links whose text names another host that are kept. */
export const MISMATCHES_MAX = 20;
/**
 * Hosts of a message that are read, counted as plain ones: bounds the time, at about a microsecond each. A newsletter of
 * a hundred links takes some hundreds.
 */
export const EFFORT_MAX = 20_000;
/** A host in other letters, numbers or encodings costs as much as so many plain ones. */
export const DISGUISED_HOST_EFFORT = 8;
/** Links, or words of a text, that are read before others have their turn: some milliseconds, also where each is disguised. */
export const READ_IN_ONE_GO_MAX = 250;
/** Characters of HTML that are read before others have their turn: some milliseconds where it is all tags. Most letters are shorter. */
export const HTML_IN_ONE_GO_MAX = 32 * 1024;
