import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type Claims, FakeProvider, ISSUER, OAUTH } from "../../../test/fakes/token-provider.ts";
import type { TokenFinding } from "../token-verifier.ts";
import { KEYS_ASKED_AGAIN_MS, KEYS_FRESH_MS, KEYS_KEPT_MS, PROVIDER_KEYS_MAX } from "./limits.ts";
import type { OauthSettings } from "./settings.ts";
import { SignedTokens } from "./signed-tokens.ts";

const ALICE: TokenFinding = { kind: "valid", address: "alice@example.test" };

async function open(settings: Partial<OauthSettings> = {}) {
  const clock = new FakeClock();
  const provider = new FakeProvider(clock);
  await provider.addKey("one");
  const tokens = new SignedTokens({ ...OAUTH, ...settings }, { clock, https: provider });
  return { clock, provider, tokens, nowSeconds: clock.now() / 1000 };
}

/** How a token is judged: its reason where it is not good. */
async function check(claims: Claims, expected: string, settings: Partial<OauthSettings> = {}): Promise<void> {
  const { provider, tokens } = await open(settings);
  const finding = await tokens.verify(await provider.token(claims));
  assert.equal(finding.kind === "invalid" ? finding.reason : finding.kind, expected);
}

const NOW = new FakeClock().now() / 1000;

suite("claims of signed tokens", () => {
  test("all as it should be", () => check({}, "valid"));
  test("an hour old", () => check({ exp: NOW - 3600 }, "not-for-us"));
  test("over within the skew", () => check({ exp: NOW - 59 }, "valid"));
  test("over by more than the skew", () => check({ exp: NOW - 61 }, "not-for-us"));
  test("without an end", () => check({ exp: undefined }, "not-for-us"));
  test("not yet", () => check({ nbf: NOW + 61 }, "not-for-us"));
  test("not yet, within the skew", () => check({ nbf: NOW + 59 }, "valid"));
  test("for another service", () => check({ aud: "wiki" }, "not-for-us"));
  test("for several", () => check({ aud: ["wiki", "mail"] }, "valid"));
  test("for nobody in particular", () => check({ aud: undefined }, "not-for-us"));
  test("of another issuer", () => check({ iss: `${ISSUER}.evil.test` }, "not-for-us"));
  test("without an address", () => check({ email: undefined }, "not-for-us"));
  test("an address that is no text", () => check({ email: ["alice@example.test"] }, "not-for-us"));
  test("an address that nobody has verified", () => check({ email_verified: false }, "not-for-us"));
  test("an address that is verified", () => check({ email_verified: true }, "valid"));
  test("another claim names the account", () =>
    check({ upn: "alice@example.test", email: undefined, email_verified: false }, "valid", { accountClaim: "upn" }));
  for (const [scope, expected] of [
    [{ scope: "openid mail" }, "valid"],
    [{ scp: "mail" }, "valid"],
    [{ scp: ["openid", "mail"] }, "valid"],
    [{ scope: "mailing openid" }, "insufficient-scope"],
    [{}, "insufficient-scope"],
  ] as const) {
    test(`scope mail is wanted, and ${JSON.stringify(scope)} is there`, () =>
      check(scope, expected, { scope: "mail" }));
  }
});

suite("signatures of tokens", () => {
  test("one of another key by the same name is unknown", async () => {
    const { provider, tokens } = await open();
    const { privateKey } = await generateKeyPair("ES256");
    const [, payload = ""] = (await provider.token()).split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JWTPayload;
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "one" }).sign(privateKey);
    await unknown(tokens, forged);
  });

  test("changed claims are unknown", async () => {
    const { provider, tokens } = await open();
    const [header, payload = "", signature] = (await provider.token()).split(".");
    const claims = Buffer.from(payload, "base64url").toString().replace("alice", "mally");
    await unknown(tokens, `${header}.${Buffer.from(claims).toString("base64url")}.${signature}`);
  });

  test("none at all, a shared secret, and what is no token are unknown", async () => {
    const { clock, tokens } = await open();
    const claims = { iss: ISSUER, aud: "mail", exp: clock.now() / 1000 + 300, email: "alice@example.test" };
    await unknown(tokens, new UnsecuredJWT(claims).encode());
    const secret = Buffer.alloc(32, 1);
    await unknown(tokens, await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "one" }).sign(secret));
    for (const text of ["x", "..", "a.b.c", "é"]) await unknown(tokens, text);
  });

  test("an algorithm that is not on the list is unknown", async () => {
    const { provider, tokens } = await open({ algorithms: ["RS256"] });
    await unknown(tokens, await provider.token());
  });

  test("a token without a key's name is tried with each key", async () => {
    const { provider, tokens } = await open();
    for (const kid of ["two", "three"]) await provider.addKey(kid);
    assert.deepEqual(await tokens.verify(await provider.token({}, null)), ALICE);
  });
});

suite("keys of the provider", () => {
  test("are asked for once, whoever comes", async () => {
    const { provider, tokens } = await open();
    const token = await provider.token();
    await Promise.all(Array.from({ length: 20 }, () => tokens.verify(token)));
    assert.deepEqual(provider.asked, [`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
  });

  test("a new key is asked for when a token names it, and not again for each that names none", async () => {
    const { clock, provider, tokens } = await open({ keysUrl: `${ISSUER}/keys` });
    await tokens.verify(await provider.token());
    clock.advance(KEYS_ASKED_AGAIN_MS);
    await provider.addKey("two");
    assert.deepEqual(await tokens.verify(await provider.token()), ALICE);
    assert.equal(provider.asked.length, 2);
    for (let guess = 0; guess < 50; guess++) {
      const finding = await tokens.verify(await provider.token({}, `guess ${guess}`));
      assert.equal(finding.kind === "invalid" && finding.reason, "unknown");
    }
    assert.equal(provider.asked.length, 2);
  });

  test("a provider that is down: later, not wrong; and known keys are good meanwhile", async () => {
    const { clock, provider, tokens } = await open({ keysUrl: `${ISSUER}/keys` });
    const token = await provider.token({ exp: NOW + 2 * 24 * 3600 });
    provider.isDown = true;
    assert.equal((await tokens.verify(token)).kind, "unavailable");
    assert.equal((await tokens.verify(token)).kind, "unavailable");
    assert.equal(provider.asked.length, 1, "it is left alone for a while");
    provider.isDown = false;
    clock.advance(KEYS_ASKED_AGAIN_MS);
    assert.deepEqual(await tokens.verify(token), ALICE);
    provider.isDown = true;
    clock.advance(KEYS_FRESH_MS + 1);
    assert.deepEqual(await tokens.verify(token), ALICE);
    // Whether this key is a new one cannot be known now.
    assert.equal((await tokens.verify(await provider.token({}, "two"))).kind, "unavailable");
    clock.advance(KEYS_KEPT_MS);
    assert.equal((await tokens.verify(token)).kind, "unavailable");
  });

  for (const [what, page, value] of [
    [
      "the description of another issuer",
      "/.well-known/openid-configuration",
      { issuer: "https://other.test", jwks_uri: `${ISSUER}/keys` },
    ],
    [
      "keys in clear",
      "/.well-known/openid-configuration",
      { issuer: ISSUER, jwks_uri: "http://login.example.test/keys" },
    ],
    ["no list of keys", "/keys", {}],
    ["something else than JSON", "/keys", "<html>"],
    ["JSON that is no object", "/keys", "[]"],
    [
      "more keys than are looked at",
      "/keys",
      { keys: Array.from({ length: PROVIDER_KEYS_MAX + 1 }, () => ({ kty: "EC" })) },
    ],
  ] as const) {
    test(`${what}: nobody can say`, async () => {
      const { provider, tokens } = await open();
      const token = await provider.token();
      provider.pages.set(`${ISSUER}${page}`, value);
      assert.equal((await tokens.verify(token)).kind, "unavailable");
    });
  }
});

async function unknown(tokens: SignedTokens, token: string): Promise<void> {
  const finding = await tokens.verify(token);
  assert.equal(finding.kind === "invalid" && finding.reason, "unknown");
}
