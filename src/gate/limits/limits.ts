/** Bounds of the gate's connection limits that are no settings. */

/** How long an address somebody has logged in from is taken for a user's. Milliseconds. */
export const KNOWN_SOURCE_MS = 30 * 24 * 3600 * 1000;

/** Slots of the shared table for each connection that may be open: what is open must never compete for room. */
export const SLOTS_PER_CONNECTION = 16;

/** Part of the places for strangers from which on idle clients have less time: room for what comes within a minute is left. */
export const CROWDED_PART = 0.8;
