/**
 * May a credential be taken here? The one function that every protocol asks, on every listener: no credential
 * crosses a wire in clear, and the MX takes none at all.
 */
export type CredentialChannel =
  | "open"
  /** First STARTTLS or STLS (530 5.7.0, LOGINDISABLED, `-ERR`). */
  | "needs-tls"
  /** Never on this listener. */
  | "never";

export type ListenerProtocol = "smtp" | "submission" | "imap" | "pop3" | "lmtp";

export function credentialChannel(listener: {
  readonly protocol: ListenerProtocol;
  readonly tlsEstablished: boolean;
}): CredentialChannel {
  if (listener.protocol === "smtp" || listener.protocol === "lmtp") return "never";
  return listener.tlsEstablished ? "open" : "needs-tls";
}
