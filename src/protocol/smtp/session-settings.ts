import type { SaslOffer } from "../sasl/exchange.ts";

/** What a session is told about its listener. The numbers are an operator's; their defaults are in the reception room. */
export interface SessionSettings {
  readonly protocol: "smtp" | "submission" | "lmtp";
  /** Our name in the greeting and in the answer to EHLO. */
  readonly hostname: string;
  /** Offered, there from the first octet, or not to be had. */
  readonly tls: "starttls" | "implicit" | "none";
  /** May a credential be taken, with TLS or without? The one function every protocol asks. */
  readonly credentialChannel: (tlsEstablished: boolean) => "open" | "needs-tls" | "never";
  /** How to log in on this connection as it is now. Asked only while the channel is open. */
  readonly sasl: () => SaslOffer;
  /** MAIL and RCPT get 530 until a credential was accepted. */
  readonly authenticationRequired: boolean;
  /** Announced as SIZE, enforced on arriving octets. */
  readonly messageSizeOctetsMax: number;
  /** Announced as LIMITS RCPTMAX (RFC 9422); 452 beyond. */
  readonly recipientsMax: number;
  /** Errors and useless commands a session may make; the next one is answered with 421. */
  readonly errorsMax: number;
  readonly authenticationFailuresMax: number;
  /** So many recipients at the start of a session tell a guesser from a sender; with so many unknown ones it ends. */
  readonly probeRecipients: number;
  readonly probeUnknownMax: number;
}
