/** UDP and TCP sockets open to name servers at once, a thread: well under the descriptors a process may have. */
export const SOCKETS_MAX = 256;
/** Questions that wait for a socket, a thread; over it `overloaded`. A busy minute's worth of mail asks no more. */
export const WAITING_MAX = 8192;
/** Servers asked for one question: more would leave each of them no time. */
export const SERVERS_MAX = 6;
/** Time-outs in a row that make a server a silent one. */
export const SILENCES_MAX = 3;
/** Milliseconds a silent server is asked last. */
export const SILENT_SERVER_MS = 30_000;
/** Milliseconds between two looks at whether the system's list of servers has changed. */
export const SYSTEM_SERVERS_LOOK_MS = 60_000;
/** Octets of the file with that list which are read. */
export const SYSTEM_SERVERS_OCTETS_MAX = 64 * 1024;

/** Answers remembered, a thread. */
export const CACHE_ANSWERS_MAX = 20_000;
/** Octets of answers remembered, roughly, a thread: huge TXT records must not fill the memory. */
export const CACHE_OCTETS_MAX = 16 * 1024 * 1024;
/** Octets a remembered answer costs beyond its text. */
export const CACHE_ANSWER_OVERHEAD_OCTETS = 256;
/** Seconds an answer with a shorter TTL is believed: the checks of one message ask the same more than once. */
export const CACHE_SECONDS_MIN = 5;
/** Seconds an answer with a longer TTL is believed: what changed is seen within the hour. */
export const CACHE_SECONDS_MAX = 3600;
/** Milliseconds a failure is remembered: enough that a broken name is not asked for once a recipient. */
export const FAILURE_MS = 1000;
/** Milliseconds between two warnings of the same kind. */
export const WARNING_MS = 60_000;
