/** Bounds of what nodes say to each other, with units and reasons. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A code can be used so long: time enough to walk to the other machine. Milliseconds. */
export const CODE_LIFE_MS = 15 * MINUTE_MS;
/** Wrong proofs after which a code counts no more: a person mistypes twice, a guesser has 2^160 to go. */
export const CODE_TRIES_MAX = 5;
/** Nodes one node is paired with. */
export const NODES_MAX = 16;
/** Connections of nodes at once; two for each node, and some that have not said who they are. */
export const LINKS_MAX = 64;
/** The TLS handshake, and the first word after it. Milliseconds. */
export const FIRST_WORD_MS = 10 * SECOND_MS;
/** To a TCP connection. Milliseconds. */
export const CONNECT_MS = 10 * SECOND_MS;
/** For a name to be looked up. Milliseconds. */
export const LOOKUP_MS = 5 * SECOND_MS;
/** For an answer that needs no more than the store. Milliseconds. */
export const ANSWER_MS = 60 * SECOND_MS;
/** For the answer to a whole message, as after the final dot (RFC 5321 §4.5.3.2.6). Milliseconds. */
export const FINAL_ANSWER_MS = 10 * MINUTE_MS;
/** Between two rounds of the exchange: how old an address or a ban can be on the other node. Milliseconds. */
export const ROUND_MS = 3 * SECOND_MS;
/** Who was not heard for so long was away: what waits for it is sent at once when it is there again. Milliseconds. */
export const ABSENT_MS = 2 * ROUND_MS + SECOND_MS;
/** A connection on which no round comes is dead. Milliseconds. */
export const IDLE_MS = 2 * MINUTE_MS;
/** From one failed connection to the next try: the first wait, and the longest. Milliseconds. */
export const AGAIN_FIRST_MS = SECOND_MS;
export const AGAIN_LONGEST_MS = 30 * SECOND_MS;
/** Frames that were read and not asked for yet: beyond it the other is not read from. */
export const FRAMES_WAITING_MAX = 8;
/** Octets of a message read from the store for one frame. */
export const PIECE_OCTETS = 256 * 1024;
/** Octets of words about the block list in one bundle: the frame's bound is twice that. */
export const BUNDLE_OCTETS_MAX = 512 * 1024;
/** Characters of one entry's evidence that go over; more stays where it was seen. */
export const EVIDENCE_CHARACTERS_MAX = 16 * 1024;
/** Addresses a recipient list can hold, 17 octets each. */
export const LIST_ADDRESSES_MAX = 500_000;
/** After a change of the directory, before the list is made anew: an import makes thousands. Milliseconds. */
export const LIST_SETTLES_MS = 500;
/** A list that nobody confirmed for so long is believed no more: whoever is gone for two weeks may be gone for good. Milliseconds. */
export const LIST_BELIEVED_MS = 14 * DAY_MS;
/** A list older than that is worth an alert. Milliseconds. */
export const LIST_OLD_MS = 60 * MINUTE_MS;
/** That a list is current is written down so often. Milliseconds. */
export const CONFIRM_EVERY_MS = MINUTE_MS;
/** What was handed over is remembered so long, and removals of the block list: longer than mail can wait in a queue. Milliseconds. */
export const HANDED_OVER_KEPT_MS = 90 * DAY_MS;
