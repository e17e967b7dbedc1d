/** One AUTH exchange (RFC 4954 §4): base64 around a SASL mechanism. */
import { type Reply, reply } from "#mail/reply.ts";
import { decodeSaslBase64, encodeSaslBase64, SASL_CANCEL } from "../sasl/base64.ts";
import {
  type SaslAnswer,
  type SaslExchange,
  type SaslOffer,
  type SaslOutcome,
  type SaslQuestion,
  type SaslStep,
  startSasl,
} from "../sasl/exchange.ts";
import { BAD_SASL_RESPONSE, CANCELLED } from "./session-replies.ts";

export type DialogueStep =
  | { readonly kind: "challenge"; readonly reply: Reply }
  | { readonly kind: "question"; readonly question: SaslQuestion }
  /** What the client said was well-formed. */
  | { readonly kind: "over"; readonly outcome: LoginOutcome }
  | { readonly kind: "broken-off"; readonly reply: Reply };

export type LoginOutcome = Exclude<SaslOutcome, { kind: "malformed" }>;

export class AuthDialogue {
  /** As announced, in capitals. */
  readonly mechanism: string;
  readonly #exchange: SaslExchange;

  private constructor(mechanism: string, exchange: SaslExchange) {
    this.mechanism = mechanism;
    this.#exchange = exchange;
  }

  /** Undefined when the mechanism is not offered. */
  static start(mechanism: string, offer: SaslOffer): AuthDialogue | undefined {
    const exchange = startSasl(mechanism, offer);
    return exchange === undefined ? undefined : new AuthDialogue(mechanism.toUpperCase(), exchange);
  }

  /** Takes a response as it stood on the line; undefined for AUTH without an initial one. */
  step(response: string | undefined): DialogueStep {
    if (response === undefined) return said(this.#exchange.step(undefined));
    if (response === SASL_CANCEL) return { kind: "broken-off", reply: CANCELLED };
    const octets = decodeSaslBase64(response);
    if (octets === undefined) return { kind: "broken-off", reply: BAD_SASL_RESPONSE };
    return said(this.#exchange.step(octets));
  }

  answer(answer: SaslAnswer): DialogueStep {
    return said(this.#exchange.answer(answer));
  }
}

function said(step: SaslStep): DialogueStep {
  switch (step.kind) {
    case "challenge":
      return { kind: "challenge", reply: reply(334, null, encodeSaslBase64(step.octets)) };
    case "question":
      return step;
    case "over":
      if (step.outcome.kind === "malformed") return { kind: "broken-off", reply: BAD_SASL_RESPONSE };
      return { kind: "over", outcome: step.outcome };
  }
}
