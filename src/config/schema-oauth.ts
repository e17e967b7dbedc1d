/** `[oauth]`: users who log in with a token of an OpenID provider. */
import { z } from "zod";
import { expecting, setting, table } from "./setting.ts";
import { choice, text, wholeNumber } from "./value-types.ts";

/** JWS names (RFC 7518 §3.1, RFC 8037). Those of shared secrets are not here: whoever can check them can make them. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const algorithms = expecting('a list of names such as "RS256" and "ES256"', (error) =>
  z.array(choice(ALGORITHMS), { error }).min(1, { error }),
);
const texts = expecting("a list of texts", (error) => z.array(z.string({ error }).min(1, { error }), { error }));

export const oauth = table({
  issuer: setting(text, "", {
    text: "The provider, as its tokens name it (`iss`): `https://login.example.com/realms/staff`. With it, OAUTHBEARER and XOAUTH2 are offered. Empty: no tokens are taken.",
  }),
  audiences: setting(texts, [], {
    text: "What a token must be meant for (`aud`): one of these. Only with `introspection_url` may there be none.",
    reason: "A token that was given to another service of the same provider must not open mail.",
  }),
  account_claim: setting(text, "email", {
    text: "The claim with the account's address. Where it is `email`, a token that says it is not verified is refused.",
    reason: "What most providers put in their tokens.",
  }),
  scope: setting(text, "", { text: "Scope that a token must have, told to programs. Empty: none in particular." }),
  keys_url: setting(text, "", {
    text: "Where the provider's keys are (JWKS). Empty: as `/.well-known/openid-configuration` below `issuer` says.",
    reason: "Every OpenID provider describes itself there.",
  }),
  algorithms: setting(algorithms, ["RS256", "PS256", "ES256", "EdDSA"], {
    text: "Signatures that are believed.",
    reason: "What providers use. None of shared secrets, and never `none`.",
  }),
  clock_skew_seconds: setting(wholeNumber(0, 300), 60, {
    text: "How far the provider's clock may be off.",
    reason: "Clocks on the Internet agree within a second or two; tokens live for minutes or an hour.",
  }),
  introspection_url: setting(text, "", {
    text: "For tokens without a signature that we could check: the provider is asked about each (RFC 7662).",
  }),
  client_id: setting(text, "", { text: "With `introspection_url`: our name at the provider." }),
  client_secret_file: setting(text, "", { text: "And the file with our secret there." }),
  ca_file: setting(text, "", {
    text: "Certificates in PEM that prove the provider itself: for one of your own. Empty: those every program knows.",
  }),
});
