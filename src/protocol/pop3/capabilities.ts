import type { SaslOffer } from "../sasl/exchange.ts";

/** May a credential be taken now; the identity room decides, this room only hears. */
export type CredentialPolicy = "open" | "needs-tls" | "never";

/** What is decided about logins on a connection as it is now. */
export interface LoginOffer {
  readonly policy: CredentialPolicy;
  /** Empty unless the policy is `open`. */
  readonly sasl: SaslOffer;
}

/** What CAPA answers (RFC 2449 §5): nothing that is not taken at this moment, and nothing that is not built. */
export function capabilities({ policy, sasl }: LoginOffer): readonly string[] {
  const lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"];
  switch (policy) {
    case "needs-tls":
      lines.push("STLS"); // RFC 2595 §4: only while it can be given.
      break;
    case "open":
      lines.push("USER", `SASL ${sasl.mechanisms.join(" ")}`);
      break;
    case "never":
      break;
  }
  return [...lines, "IMPLEMENTATION Postern"];
}
