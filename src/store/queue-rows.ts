/** Rows of the queue: mail for other servers. */

export type QueueId = number;
export type RecipientId = number;

/** NOTIFY of RFC 3461 §4.1. */
export type NotifyEvent = "NEVER" | "SUCCESS" | "FAILURE" | "DELAY";
