/** One AUTH exchange (RFC 4954 §4): base64 around a SASL mechanism. */
import { type Reply, reply } from "#mail/reply.ts";
import { decodeSaslBase64, encodeSaslBase64, SASL_CANCEL } from "../sasl/base64.ts";
import { type SaslExchange, startSasl } from "../sasl/exchange.ts";
import { BAD_CREDENTIALS, BAD_SASL_RESPONSE, CANCELLED } from "./session-replies.ts";

export type DialogueStep =
  | { readonly kind: "challenge"; readonly reply: Reply }
  | { readonly kind: "credentials"; readonly username: string; readonly password: string }
  | { readonly kind: "refused"; readonly reply: Reply };

export class AuthDialogue {
  /** As announced, in capitals. */
  readonly mechanism: string;
  readonly #exchange: SaslExchange;

  private constructor(mechanism: string, exchange: SaslExchange) {
    this.mechanism = mechanism;
    this.#exchange = exchange;
  }

  /** Undefined when the mechanism is not known. */
  static start(mechanism: string): AuthDialogue | undefined {
    const exchange = startSasl(mechanism);
    return exchange === undefined ? undefined : new AuthDialogue(mechanism.toUpperCase(), exchange);
  }

  /** Takes a response as it stood on the line; undefined for AUTH without an initial one. */
  step(response: string | undefined): DialogueStep {
    if (response === undefined) return this.#advance(undefined);
    if (response === SASL_CANCEL) return { kind: "refused", reply: CANCELLED };
    const octets = decodeSaslBase64(response);
    return octets === undefined ? { kind: "refused", reply: BAD_SASL_RESPONSE } : this.#advance(octets);
  }

  #advance(octets: Uint8Array | undefined): DialogueStep {
    const step = this.#exchange.step(octets);
    switch (step.kind) {
      case "challenge":
        return { kind: "challenge", reply: reply(334, null, encodeSaslBase64(step.octets)) };
      case "credentials":
        return { kind: "credentials", username: step.username, password: step.password };
      case "malformed":
        // Acting for another user is well-formed and not granted: the same answer as to a wrong password.
        if (step.reason === "other-authorization-id") return { kind: "refused", reply: BAD_CREDENTIALS };
        return { kind: "refused", reply: BAD_SASL_RESPONSE };
    }
  }
}
