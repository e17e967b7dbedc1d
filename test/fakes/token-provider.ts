/** An OpenID provider without a network: its keys, the tokens it makes, and what it is asked. */
import type { webcrypto } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { OauthSettings } from "#identity/oauth/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { HttpsClient, HttpsPage, HttpsPost, HttpsPoster, HttpsProblem } from "#ports/https-client.ts";
import type { FakeClock } from "./clock.ts";

export const ISSUER = "https://login.example.test";

export const OAUTH: OauthSettings = {
  issuer: ISSUER,
  audiences: ["mail"],
  keysUrl: "",
  introspectionUrl: "",
  clientId: "",
  clientSecret: "",
  scope: "",
  accountClaim: "email",
  algorithms: ["RS256", "ES256"],
  clockSkewSeconds: 60,
};

export type Claims = Readonly<Record<string, unknown>>;

type Answer = Result<HttpsPage, HttpsProblem>;

export class FakeProvider implements HttpsClient, HttpsPoster {
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  readonly forms: HttpsPost[] = [];
  readonly pages = new Map<string, unknown>();
  isDown = false;
  readonly #clock: FakeClock;
  readonly #keys: { readonly kid: string; readonly privateKey: webcrypto.CryptoKey }[] = [];

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.pages.set(`${ISSUER}/.well-known/openid-configuration`, { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
    this.pages.set(`${ISSUER}/keys`, { keys: [] });
  }

  /** Signs with a new key from now on, and publishes it beside the others. */
  async addKey(kid: string): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    this.#keys.push({ kid, privateKey });
    const { keys } = this.pages.get(`${ISSUER}/keys`) as { keys: readonly unknown[] };
    this.pages.set(`${ISSUER}/keys`, { keys: [...keys, { ...(await exportJWK(publicKey)), kid, alg: "ES256" }] });
  }

  /** A good one for Alice, but for `claims`; undefined leaves a claim out. `kid`: null leaves it out. */
  token(claims: Claims = {}, kid: string | null = this.#keys.at(-1)?.kid ?? null): Promise<string> {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error("the provider has no key");
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const whole = { iss: ISSUER, aud: "mail", exp: nowSeconds + 300, email: "alice@example.test", ...claims };
    return new SignJWT(whole)
      .setProtectedHeader({ alg: "ES256", ...(kid === null ? {} : { kid }) })
      .sign(key.privateKey);
  }

  get({ url }: { readonly url: string }): Promise<Answer> {
    this.asked.push(url);
    return Promise.resolve(this.#answer(url));
  }

  post(form: HttpsPost): Promise<Answer> {
    this.forms.push(form);
    return Promise.resolve(this.#answer(form.url));
  }

  #answer(url: string): Answer {
    if (this.isDown) return failed({ kind: "timed-out", text: "no answer in time" });
    const page = this.pages.get(url);
    const text = typeof page === "string" ? page : JSON.stringify(page);
    return ok({ status: page === undefined ? 404 : 200, mediaType: "application/json", text: text ?? "" });
  }
}
