/** Every bound of the choice of hosts, with its unit and its reason. */

/** Hosts of a domain that are looked up, best first: more of them serve nobody within the addresses below. */
export const HOSTS_MAX = 10;
/** Addresses tried in one attempt (RFC 5321 §5.1 asks for at least two): the next attempt draws anew. */
export const ADDRESSES_MAX = 5;
/** Addresses of one host before every other host has had as many. */
export const ADDRESSES_PER_HOST = 2;
/** Milliseconds for all questions that the choice of hosts asks: a queue waits longer than a client would. */
export const LOOKUP_MS = 20_000;
/** Milliseconds that the first address has for itself before the next is tried beside it (RFC 8305 §5). */
export const NEXT_ADDRESS_MS = 250;
