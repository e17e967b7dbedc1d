/** May a credential be taken now; the identity room decides, this room only hears. */
export type CredentialPolicy = "open" | "needs-tls" | "never";

/** What CAPA answers (RFC 2449 §5): nothing that is not taken at this moment, and nothing that is not built. */
export function capabilities(credentials: CredentialPolicy): readonly string[] {
  const lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"];
  switch (credentials) {
    case "needs-tls":
      lines.push("STLS"); // RFC 2595 §4: only while it can be given.
      break;
    case "open":
      lines.push("USER", "SASL PLAIN");
      break;
    case "never":
      break;
  }
  return [...lines, "IMPLEMENTATION Postern"];
}
