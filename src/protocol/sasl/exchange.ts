/**
 * SASL (RFC 4422) from the server's side, as values: responses in, challenges out, and at the end what the client
 * claims. Whether the claim is true is the `identity` room's affair; how octets are framed is each protocol's.
 */
import { startLogin } from "./login.ts";
import { startPlain } from "./plain.ts";

export interface SaslExchange {
  /**
   * Takes the client's next response; undefined where the command came without an initial one. Never throws. After
   * `credentials` or `malformed` the exchange is over.
   */
  step(response: Uint8Array | undefined): SaslStep;
}

export type SaslStep =
  | { readonly kind: "challenge"; readonly octets: Uint8Array }
  | {
      readonly kind: "credentials";
      readonly username: string;
      readonly password: string;
      /** Empty, or the user itself: acting for another is refused here, before a password is looked at. */
      readonly authorizationId: string;
    }
  | { readonly kind: "malformed"; readonly reason: SaslProblem };

export type SaslProblem =
  | "empty"
  | "too-long"
  | "not-utf8"
  | "bad-nul"
  /** Well-formed, and not granted: answer it like a wrong password. */
  | "other-authorization-id"
  | "finished";

/** Mechanisms by name, in the order they are announced. What answers with more than a password gets its own kind of step. */
const mechanisms: ReadonlyMap<string, () => SaslExchange> = new Map([
  ["PLAIN", startPlain],
  ["LOGIN", startLogin],
]);

export const SASL_MECHANISMS: readonly string[] = [...mechanisms.keys()];

/** Undefined when there is no such mechanism. Names are compared without regard to case. */
export function startSasl(mechanism: string): SaslExchange | undefined {
  return mechanisms.get(mechanism.toUpperCase())?.();
}
