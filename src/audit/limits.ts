/** Milliseconds to connect, and for each answer of a server: slow greetings are a protection of some. */
export const CONNECT_MS = 10_000;
export const ANSWER_MS = 30_000;
export const HANDSHAKE_MS = 15_000;
/** Milliseconds for all that is asked of the DNS in one step. */
export const DNS_STEP_MS = 15_000;
/** Octets of an answer that are read; greetings and capabilities are far shorter. */
export const ANSWER_OCTETS_MAX = 64 * 1024;
/** Lines of an answer: EHLO of the wordiest servers has twenty. */
export const ANSWER_LINES_MAX = 500;
/** Mail hosts of a domain, and addresses of each, that are looked at. */
export const HOSTS_MAX = 10;
export const ADDRESSES_MAX = 6;
/** Milliseconds after which octets that were sent in clear behind STARTTLS would have been answered. */
export const INJECTION_WAIT_MS = 3000;
/** Characters of foreign text that are shown of one line. */
export const SHOWN_MAX = 300;
/** RFC 8461 §3.3 advises a minute; a policy has a few hundred octets. */
export const POLICY_FETCH_MS = 30_000;
export const POLICY_OCTETS_MAX = 64 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A certificate that ends sooner is due: renewal at a third of ninety days has failed by then. Milliseconds. */
export const CERTIFICATE_DUE_MS = 21 * DAY_MS;
/** SPF look-ups from which on the next include breaks the record; RFC 7208 §4.6.4 allows ten. */
export const SPF_LOOKUPS_WARN = 9;
export const SPF_LOOKUPS_MAX = 10;
/** Bits of an RSA key that signs mail, RFC 8301 §3.2. */
export const DKIM_BITS_ADVISED = 2048;
