/** For one answer of the provider, its name's look-up included. Milliseconds: for two of them, a third of what a client has. */
export const PROVIDER_TIMEOUT_MS = 5000;
/** Octets of one of its answers: large providers publish 10 KiB of keys. */
export const PROVIDER_ANSWER_OCTETS_MAX = 256 * 1024;
/** Keys that are looked at; large providers have four. */
export const PROVIDER_KEYS_MAX = 64;

/** Keys are asked for again after so long. Milliseconds. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** Keys of a provider that does not answer are believed so long. Milliseconds. */
export const KEYS_KEPT_MS = 24 * 60 * 60_000;
/** Between two questions for keys, whatever tokens arrive meanwhile. Milliseconds. */
export const KEYS_ASKED_AGAIN_MS = 15_000;

/** Tokens the provider is asked about at once; more are "later". Each holds a connection to it. */
export const INTROSPECTIONS_AT_ONCE_MAX = 32;
/** Of those, for strangers: a flood of tokens that mean nothing leaves room for users at networks they know. */
export const STRANGERS_INTROSPECTIONS_AT_ONCE_MAX = 24;
/** A good token is good without another question so long: a program opens five connections. Milliseconds. */
export const INTROSPECTION_BELIEVED_MS = 60_000;
/** Good tokens remembered, by their hash. */
export const INTROSPECTIONS_REMEMBERED_MAX = 5000;
