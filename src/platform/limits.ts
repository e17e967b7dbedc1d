/** Octets queued for one client before `write` says wait: two full TLS records each way. */
export const WRITE_HIGH_WATER_OCTETS = 64 * 1024;
/** Octets of a spool file waiting for the disk before `write` says wait; twenty senders together stay under 6 MiB. */
export const SPOOL_HIGH_WATER_OCTETS = 256 * 1024;
/**
 * Octets of the disk below which no message is spooled on: messages that arrive must not take the room in which the
 * database writes, and users delete. The store takes in nothing below the same.
 */
export const SPOOL_DISK_RESERVE_OCTETS = 64 * 1024 * 1024;
/** Octets of one message after which the room is asked for again. */
export const SPOOL_ROOM_ASKED_OCTETS = 1024 * 1024;
/** A TLS handshake must be done by then: a client on a slow line needs a few round trips. */
export const TLS_HANDSHAKE_MS = 30_000;
/** A PROXY header must be there by then: the proxy sends it at once. */
export const PROXY_HEADER_MS = 5_000;
/** A client that has said all it will is answered for so long at most; one that was told the end closes its side by then. Milliseconds. */
export const HALF_OPEN_MS = 30_000;
/** Connections the kernel holds for us while the thread is busy. */
export const LISTEN_BACKLOG = 1024;
/** For the handshake of another node. Milliseconds. */
export const PAIR_HANDSHAKE_MS = 10_000;
/** Connections of other nodes, those included that have not shown who they are: each costs a handshake. */
export const PAIR_SOCKETS_MAX = 128;

/** Names looked at in a client's certificate: people have one address, or three. */
export const CLIENT_CERTIFICATE_ADDRESSES_MAX = 16;
/** Octets of what tells sessions under one set of client authorities from others: SSL_MAX_SID_CTX_LENGTH. */
export const CLIENT_CERTIFICATE_REUSE_OCTETS = 32;
