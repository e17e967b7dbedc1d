/** What goes into a session and what comes out of it. */
import type { Reply } from "#mail/reply.ts";
import type { SaslAnswer, SaslQuestion } from "../sasl/exchange.ts";
import type { LoginOutcome } from "./auth-dialogue.ts";
import type { RecipientRequest, SenderRequest, Transaction } from "./transaction.ts";

export type Input =
  /** The wait before the greeting is over. */
  | { readonly kind: "greet" }
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  /** Answers the open question; its reply goes to the client. 421 ends the session. */
  | { readonly kind: "answer"; readonly reply: Reply }
  /** Answers `message-end`: LMTP one reply for each recipient in order (RFC 2033 §4.2), else exactly one. */
  | { readonly kind: "message-answer"; readonly replies: readonly Reply[] }
  /** Answers `sasl`. */
  | { readonly kind: "sasl-answer"; readonly answer: SaslAnswer }
  | { readonly kind: "tls-established" }
  /** The client took too long. */
  | { readonly kind: "timed-out" }
  /** What is open may be finished, nothing new begun. */
  | { readonly kind: "shutdown" }
  /** The login no longer holds: nothing more is taken, what is being stored is finished. */
  | { readonly kind: "revoked"; readonly reply: Reply };

export type Event =
  | { readonly kind: "reply"; readonly reply: Reply }
  /** Question: may this client go by this name? A positive answer's text is not used. */
  | { readonly kind: "client-name"; readonly name: string; readonly extended: boolean }
  /** Question. */
  | { readonly kind: "sender"; readonly sender: SenderRequest }
  /** Question. */
  | { readonly kind: "recipient"; readonly recipient: RecipientRequest; readonly transaction: Transaction }
  /** Question of an authentication exchange, which goes on with `sasl-answer`. */
  | { readonly kind: "sasl"; readonly mechanism: string; readonly question: SaslQuestion }
  /** Question, when the exchange is over: 235 lets the client in, 535 counts as a failure, 4yz does not. */
  | {
      readonly kind: "login";
      readonly mechanism: string;
      readonly outcome: LoginOutcome;
      /** How many failed before in this session. */
      readonly failures: number;
    }
  /** A password was sent in clear. It was refused before anybody looked at it; no answer is waited for. */
  | { readonly kind: "clear-password"; readonly username: string; readonly password: string }
  /** The client was told to go on, or sent its first chunk. Octets follow, then `message-end` or `message-abandoned`. */
  | { readonly kind: "message-begin"; readonly transaction: Transaction }
  /** A slice of the message, dots unstuffed. It shares memory with the input. */
  | { readonly kind: "message-octets"; readonly octets: Uint8Array }
  /** Question: take it? */
  | { readonly kind: "message-end"; readonly transaction: Transaction }
  /** Forget the octets: the session has its answer. `reason` is for the log. */
  | { readonly kind: "message-abandoned"; readonly reason: "too-large" | "bare-newline" | "client" }
  /** The reply before it must be on its way before the handshake begins; `tls-established` follows. */
  | { readonly kind: "start-tls" }
  /** What a client does that mail servers do not. */
  | { readonly kind: "signal"; readonly name: Signal }
  /** The last event; a message that was arriving is abandoned. `abrupt`: drop the connection without a word. */
  | { readonly kind: "close"; readonly reason: CloseReason; readonly abrupt: boolean };

export type Signal =
  | "early-talker"
  | "pipelined-past-greeting"
  | "pipelined-after-helo"
  | "data-before-go-ahead"
  | "command-behind-starttls"
  | "not-smtp"
  | "tls-on-clear-port"
  | "bad-line"
  | "recipient-probing";

export type CloseReason =
  | "quit"
  | "early-talker"
  | "tls-on-clear-port"
  | "out-of-step"
  | "not-smtp"
  | "bad-line"
  | "too-many-errors"
  | "recipient-probing"
  | "authentication-failures"
  | "too-large"
  | "held-too-much"
  | "timed-out"
  | "shutdown"
  | "revoked"
  | "refused";
