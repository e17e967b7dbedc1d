/** What an operator may change about IMAP. Defaults are defaults: each with its reason. */
export interface ImapSettings {
  /** Without a login for so long, the connection is closed. Milliseconds. */
  readonly preAuthTimeoutMs: number;
  /** RFC 3501 §5.4: at least 30 minutes without a command. Milliseconds. */
  readonly autologoutMs: number;
  /** A client that stops in the middle of a message it sends or reads. Milliseconds. */
  readonly stallTimeoutMs: number;
  readonly messageSizeOctetsMax: number;
}

export const imapDefaults: ImapSettings = {
  preAuthTimeoutMs: 30_000,
  autologoutMs: 30 * 60_000,
  stallTimeoutMs: 300_000,
  messageSizeOctetsMax: 52_428_800,
};
