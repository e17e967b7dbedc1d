/** Octets of an answer we take over UDP: what passes every path without fragments (DNS flag day 2020). */
export const UDP_PAYLOAD_OCTETS = 1232;
/** CNAMEs followed for one question, over all answers; resolvers give up earlier. Also ends loops. */
export const ALIASES_MAX = 10;
/** Records in all sections of a message: more than any zone has for one name, few enough to decode at once. */
export const MESSAGE_RECORDS_MAX = 1024;
/** Records of one type taken from an answer: no honest answer to our questions has more. */
export const RECORDS_MAX = 100;
/** Octets of one TXT record's text: the longest SPF and DKIM records are a few kilobytes. */
export const TXT_OCTETS_MAX = 16 * 1024;
/** Seconds a negative answer is believed when the zone says more (RFC 2308 §5). */
export const NEGATIVE_TTL_SECONDS_MAX = 3600;
/** Seconds for a negative answer without an SOA: it says nothing about how long. */
export const NEGATIVE_TTL_SECONDS_DEFAULT = 60;
/** Seconds any answer is believed at most. */
export const TTL_SECONDS_MAX = 86_400;
