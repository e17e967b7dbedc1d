/** What an operator may change about POP3. */
export interface Pop3Settings {
  /** Said in the greeting. */
  readonly hostname: string;
  /** Time to log in, from the greeting on, TLS handshake and failure delays included. Milliseconds. */
  readonly preAuthTimeoutMs: number;
  /** Time without a command, after the login; RFC 1939 §3 asks for ten minutes at least. Milliseconds. */
  readonly autologoutMs: number;
  /** Wait before the first refusal of a credential is said; doubled for each further one. Milliseconds. */
  readonly failureDelayMs: number;
}

export const pop3Defaults: Omit<Pop3Settings, "hostname"> = {
  preAuthTimeoutMs: 30_000,
  autologoutMs: 600_000,
  failureDelayMs: 2_000,
};
