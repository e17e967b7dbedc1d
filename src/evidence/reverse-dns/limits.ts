/** Names of one address that are followed: an honest host has one, a shared one a few. */
export const POINTER_NAMES_MAX = 10;
