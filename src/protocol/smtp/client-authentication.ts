/** AUTH (RFC 4954) as the client. */
import type { Reply } from "#mail/reply.ts";
import { decodeSaslBase64, encodeSaslBase64, SASL_CANCEL } from "../sasl/base64.ts";
import { type SaslClient, startSaslClient } from "../sasl/client-exchange.ts";
import type { ClientCredentials } from "./client-events.ts";
import { CHALLENGES_MAX } from "./client-limits.ts";

export class ClientAuthentication {
  readonly #credentials: ClientCredentials;
  #exchange: SaslClient | undefined;
  #challenges = 0;

  constructor(credentials: ClientCredentials) {
    this.#credentials = credentials;
  }

  /** The command; undefined where there is no mechanism in common. */
  begin(offered: readonly string[]): string | undefined {
    this.#exchange = startSaslClient(offered, this.#credentials);
    if (this.#exchange === undefined) return undefined;
    const { mechanism, initialResponse } = this.#exchange;
    return `AUTH ${mechanism}${initialResponse === undefined ? "" : ` ${encodeSaslBase64(initialResponse)}`}\r\n`;
  }

  answer(reply: Reply): "succeeded" | "refused" | { readonly line: string } {
    if (reply.code !== 334) {
      // A server that cannot show it knows the password's hash is not the one we were to log in to.
      return reply.code === 235 && this.#exchange?.mayBelieveSuccess() === true ? "succeeded" : "refused";
    }
    if (this.#challenges++ === CHALLENGES_MAX) return "refused";
    const challenge = decodeSaslBase64(reply.text);
    const response = challenge && this.#exchange?.respond(challenge);
    return { line: `${response === undefined ? SASL_CANCEL : encodeSaslBase64(response)}\r\n` };
  }
}
