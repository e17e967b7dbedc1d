/** Every bound of a conversation with another server, with its unit and its reason. */
import type { ClientStage } from "#protocol/smtp/client-events.ts";

const MINUTE_MS = 60_000;

/** Milliseconds until a connection is there: a full line of waiting connections empties sooner. */
export const CONNECT_MS = 30_000;
/** Milliseconds for a handshake. */
export const TLS_MS = 60_000;
/** Milliseconds for each reply (RFC 5321 §4.5.3.2); 0: none is awaited. For `content`: for each slice of it. */
export const STAGE_MS: Readonly<Record<ClientStage, number>> = {
  greeting: 5 * MINUTE_MS,
  ehlo: 5 * MINUTE_MS,
  starttls: 2 * MINUTE_MS,
  auth: 5 * MINUTE_MS,
  ready: 0,
  mail: 5 * MINUTE_MS,
  rcpt: 5 * MINUTE_MS,
  data: 2 * MINUTE_MS,
  content: 3 * MINUTE_MS,
  "final-dot": 10 * MINUTE_MS,
  quit: 10_000,
};
/** Milliseconds for one conversation: whoever takes an octet every two minutes holds a place of the queue so long at most. */
export const CONVERSATION_MS = 2 * 60 * MINUTE_MS;
/** Octets of a message read and written at once. */
export const SLICE_OCTETS = 64 * 1024;
/** Milliseconds that a connection is kept for the next message to the same hosts: beyond, others need the place more. */
export const IDLE_MS = 5_000;
/** Connections kept so, in all. */
export const IDLE_CONNECTIONS_MAX = 50;
/** Messages over one connection: some servers end it there, and the load is to be spread. */
export const MESSAGES_PER_CONNECTION_MAX = 50;
/** Octets of a server's words in a report. */
export const REPLY_TEXT_OCTETS_MAX = 4096;
/** Octets of a line of the trace. */
export const TRACE_LINE_OCTETS_MAX = 500;
/** Octets of a header that is looked through for characters beyond ASCII; a longer one is taken to have some. */
export const HEADER_OCTETS_MAX = 1024 * 1024;
