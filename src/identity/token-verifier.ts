/** Whether a bearer token is good, and whose it is. How that is found out is the provider's affair: see `oauth/`. */
export interface TokenVerifier {
  /**
   * Never rejects.
   * @param isKnown it comes from where the user it names has logged in before: strangers do not take its turn.
   */
  verify(token: string, isKnown?: boolean): Promise<TokenFinding>;
}

export type TokenFinding =
  /** @property address as the provider has it. */
  | { readonly kind: "valid"; readonly address: string }
  /** @property why for the log; never holds the token. */
  | { readonly kind: "invalid"; readonly reason: TokenFault; readonly why: string }
  /**
   * The provider could not be asked: never success, and no guess either.
   * @property isOverload as many tokens are asked about as may be, which says nothing of the provider.
   */
  | { readonly kind: "unavailable"; readonly why: string; readonly isOverload?: true };

export type TokenFault =
  /** Nobody vouches for it: somebody may be guessing. */
  | "unknown"
  /** The provider made it, and its time is over, or it is meant for others: a device that was forgotten guesses nothing. */
  | "not-for-us"
  | "insufficient-scope";
