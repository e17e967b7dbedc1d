/** Octets of one base64 line of an exchange, its line end not counted (RFC 4954 §4). */
export const SASL_LINE_OCTETS_MAX = 12_288;
/** Octets such a line can carry. */
export const SASL_RESPONSE_OCTETS_MAX = (SASL_LINE_OCTETS_MAX / 4) * 3;
/** Rounds of hashing that a server may ask of us as its client: a third of a second; common servers ask for 4,096 to 600,000. */
export const SCRAM_ITERATIONS_MAX = 1_000_000;
/** Octets of one message of a SCRAM client: a name, a nonce, a binding of 32 octets and a proof. */
export const SCRAM_RESPONSE_OCTETS_MAX = 2048;
/** Characters of a client's nonce; programs send 16 to 48. */
export const SCRAM_NONCE_CHARACTERS_MAX = 512;
/** Octets of a bearer token. Those of the large providers have 1 to 3 KiB. */
export const TOKEN_OCTETS_MAX = 8192;
