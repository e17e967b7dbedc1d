/** Milliseconds for one question to the DNS, and for all of one step. */
export const DNS_TIMEOUT_MS = 5000;
export const DNS_STEP_MS = 15_000;
/** Milliseconds until the servers of a zone must have what was published: notifications take seconds, a poll of secondaries longer. */
export const PUBLISHED_MS = 120_000;
/** Between two looks at something that is waited for. Milliseconds. */
export const LOOK_AGAIN_MS = 1000;
/** Until a server that was started must answer. Milliseconds. */
export const STARTED_MS = 60_000;
/** Until an authority must have given certificates; it looks at several names, one after the other. Milliseconds. */
export const CERTIFICATE_MS = 180_000;
/** Until the test message must be in its folder. Milliseconds. */
export const DELIVERED_MS = 30_000;
/** For a program of the system (useradd, systemctl), and for the hook: providers of DNS can be slow. Milliseconds. */
export const PROGRAM_MS = 60_000;
/** For a dynamic update. Milliseconds. */
export const UPDATE_MS = 15_000;
/** Of records that setup publishes. Seconds; an hour, as most zones have it. */
export const RECORD_TTL_SECONDS = 3600;
/** Octets free on the disk of the data: below the first nothing is begun, below the second it is told. */
export const DISK_OCTETS_MIN = 256 * 1024 * 1024;
export const DISK_OCTETS_ADVISED = 2 * 1024 * 1024 * 1024;
/** Processes whose open files are looked through for the owner of a port. */
export const PROCESSES_MAX = 10_000;
