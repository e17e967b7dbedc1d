/** Octets of a request's line and header: mail programs send a few hundred. */
export const HEADER_OCTETS_MAX = 16 * 1024;
/** Fields of a request's header. */
export const HEADER_FIELDS_MAX = 100;
/** Octets of a request's body: the question of a mail program for its settings. */
export const BODY_OCTETS_MAX = 64 * 1024;
/** A request must be there, and its answer taken, by then. Milliseconds. */
export const REQUEST_MS = 30_000;
/** A connection that nothing is asked on lives on for so long. Milliseconds. */
export const IDLE_MS = 15_000;
/** Requests on one connection: the limits of connections shall count those who ask much. */
export const REQUESTS_PER_CONNECTION_MAX = 100;
