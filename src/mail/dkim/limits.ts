/** Octets that the canonical form of a body is written into before it is hashed. */
export const CANONICAL_BLOCK_OCTETS = 16 * 1024;
