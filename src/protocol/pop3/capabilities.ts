/** What CAPA answers (RFC 2449 §5). Every line is kept by a test. */
export type CredentialPolicy = "open" | "needs-tls" | "never";

export function capabilities(facts: {
  readonly credentials: CredentialPolicy;
  readonly state: "authorization" | "transaction";
}): readonly string[] {
  const lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"];
  // RFC 2449 §6.3: SASL and USER only where they would be taken; RFC 2595 §4: STLS only while it can be given.
  if (facts.state === "authorization" && facts.credentials === "needs-tls") lines.push("STLS");
  if (facts.credentials === "open") lines.push("USER", "SASL PLAIN");
  return [...lines, "IMPLEMENTATION Postern"];
}
