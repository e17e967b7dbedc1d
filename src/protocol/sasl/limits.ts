/** Octets of one base64 line of an exchange, its line end not counted (RFC 4954 §4). */
export const SASL_LINE_OCTETS_MAX = 12_288;
/** Octets such a line can carry. */
export const SASL_RESPONSE_OCTETS_MAX = (SASL_LINE_OCTETS_MAX / 4) * 3;
/** Rounds of hashing that a server may ask of us as its client: a third of a second; common servers ask for 4,096 to 600,000. */
export const SCRAM_ITERATIONS_MAX = 1_000_000;
