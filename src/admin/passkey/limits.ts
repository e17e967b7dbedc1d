/** Characters of a link's token, with room: ours have 43. */
export const TOKEN_CHARACTERS_MAX = 100;
/** Characters of one field of a browser's answer: the longest, with an RSA key, have about 2,000. */
export const ANSWER_CHARACTERS_MAX = 8192;
/** Ways to reach an authenticator that one answer names: there are seven. */
export const TRANSPORTS_MAX = 10;
/** Questions that one address may ask at once: making a passkey and trying it takes five. */
export const QUESTIONS_AT_ONCE_MAX = 30;
/** It may ask one more after so long. Milliseconds. */
export const QUESTION_MS = 2000;
/** Addresses whose questions are counted, about 100 octets each. */
export const ASKERS_MAX = 10_000;
