/** Tokens that carry their provider's signature (RFC 7519, RFC 9068): nothing but its keys is asked for. */
import { errors, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Clock } from "#ports/clock.ts";
import type { TokenFinding, TokenVerifier } from "../token-verifier.ts";
import { invalid, judgeClaims } from "./judge-claims.ts";
import { type KeyOf, ProviderKeys } from "./provider-keys.ts";
import type { OauthSettings } from "./settings.ts";

export class SignedTokens implements TokenVerifier {
  readonly #settings: OauthSettings;
  readonly #clock: Clock;
  readonly #keys: ProviderKeys;

  constructor(
    settings: OauthSettings,
    around: { readonly clock: Clock } & Pick<ConstructorParameters<typeof ProviderKeys>[0], "https">,
  ) {
    this.#settings = settings;
    this.#clock = around.clock;
    this.#keys = new ProviderKeys({ ...settings, ...around });
  }

  async verify(token: string): Promise<TokenFinding> {
    const keys = await this.#keys.current();
    if (!keys.ok) return { kind: "unavailable", why: keys.problem };
    const finding = await this.#judge(token, keys.value);
    if (finding !== "no-such-key") return finding;
    const newer = await this.#keys.newer();
    if (!newer.ok) return { kind: "unavailable", why: newer.problem };
    const again = newer.value === keys.value ? "no-such-key" : await this.#judge(token, newer.value);
    return again === "no-such-key" ? invalid("unknown", "its key is not the provider's") : again;
  }

  async #judge(token: string, keyOf: KeyOf): Promise<TokenFinding | "no-such-key"> {
    try {
      const { payload } = await jwtVerify(token, keyOf, this.#options()).catch((error: unknown) => {
        if (error instanceof errors.JWKSMultipleMatchingKeys) return this.#tryEach(token, error);
        throw error;
      });
      return judgeClaims(payload, this.#settings);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return "no-such-key";
      // The signature was right: RFC 7515 is done with before a claim is looked at.
      if (error instanceof errors.JWTExpired) return invalid("not-for-us", "its time is over");
      if (error instanceof errors.JWTClaimValidationFailed)
        return invalid("not-for-us", `its ${error.claim} is not right`);
      return invalid(
        "unknown",
        error instanceof errors.JOSEError ? error.code : `it cannot be checked: ${String(error)}`,
      );
    }
  }

  /** RFC 7517 §4.5 leaves key IDs out where it likes: any of those that fit may be meant. They are few: see `PROVIDER_KEYS_MAX`. */
  async #tryEach(token: string, keys: errors.JWKSMultipleMatchingKeys) {
    for await (const key of keys) {
      try {
        return await jwtVerify(token, key, this.#options());
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }

  #options(): JWTVerifyOptions {
    const { issuer, audiences, algorithms, clockSkewSeconds } = this.#settings;
    return {
      algorithms: [...algorithms],
      issuer,
      audience: [...audiences],
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: ["exp"],
    };
  }
}
