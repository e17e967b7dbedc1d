import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeProvider, ISSUER, OAUTH } from "../../../test/fakes/token-provider.ts";
import { IntrospectedTokens } from "./introspected-tokens.ts";
import { INTROSPECTION_BELIEVED_MS, STRANGERS_INTROSPECTIONS_AT_ONCE_MAX } from "./limits.ts";
import type { OauthSettings } from "./settings.ts";

const ENDPOINT = `${ISSUER}/introspect`;
const NOW = new FakeClock().now() / 1000;
const GOOD = { active: true, email: "alice@example.test", iss: ISSUER, aud: "mail", exp: NOW + 3600 };

function open(answer: unknown, settings: Partial<OauthSettings> = {}) {
  const clock = new FakeClock();
  const provider = new FakeProvider(clock);
  provider.pages.set(ENDPOINT, answer);
  const client = { introspectionUrl: ENDPOINT, clientId: "post:ern", clientSecret: "a b%ü" };
  const tokens = new IntrospectedTokens({ ...OAUTH, ...client, ...settings }, { clock, https: provider });
  return { clock, provider, tokens };
}

async function check(answer: unknown, expected: string, settings: Partial<OauthSettings> = {}): Promise<void> {
  const finding = await open(answer, settings).tokens.verify("a-token");
  assert.equal(finding.kind === "invalid" ? finding.reason : finding.kind, expected);
}

suite("tokens that the provider is asked about (RFC 7662)", () => {
  test("a good one", () => check(GOOD, "valid"));
  test("one that it does not know", () => check({ active: false }, "unknown"));
  test("active as a text is not active", () => check({ ...GOOD, active: "true" }, "unknown"));
  test("all that may be left out is left out", () =>
    check({ active: true, email: "alice@example.test" }, "valid", { audiences: [] }));
  test("an audience is wanted, and none is there", () => check({ ...GOOD, aud: undefined }, "not-for-us"));
  test("for another service", () => check({ ...GOOD, aud: ["wiki"] }, "not-for-us"));
  test("for several", () => check({ ...GOOD, aud: ["wiki", "mail"] }, "valid"));
  test("of another issuer", () => check({ ...GOOD, iss: "https://other.test" }, "not-for-us"));
  test("its time is over", () => check({ ...GOOD, exp: NOW - 61 }, "not-for-us"));
  test("an end that is no number", () => check({ ...GOOD, exp: `${NOW + 3600}` }, "not-for-us"));
  test("its time has not come", () => check({ ...GOOD, nbf: NOW + 61 }, "not-for-us"));
  test("without the scope", () => check({ ...GOOD, scope: "openid" }, "insufficient-scope", { scope: "mail" }));
  test("an answer that cannot be read says nothing about the token", () => check("<html>", "unavailable"));
  test("nor does one that is not 200", () => check(undefined, "unavailable"));

  test("we say who we are, and send the token in the body alone", async () => {
    const { provider, tokens } = open(GOOD);
    await tokens.verify("ab+/=");
    const [form] = provider.forms;
    assert.equal(form?.url, ENDPOINT);
    assert.equal(Buffer.from(form?.octets ?? []).toString(), "token=ab%2B%2F%3D&token_type_hint=access_token");
    const said = Buffer.from((form?.authorization ?? "").replace("Basic ", ""), "base64").toString();
    // RFC 6749 §2.3.1
    assert.equal(said, "post%3Aern:a+b%25%C3%BC");
  });

  test("a good one is believed for a minute, and no longer than it lasts", async () => {
    const { clock, provider, tokens } = open({ ...GOOD, exp: NOW - 30 });
    await Promise.all(Array.from({ length: 5 }, () => tokens.verify("t")));
    assert.equal(provider.forms.length, 1);
    clock.advance(20_000);
    await tokens.verify("t");
    assert.equal(provider.forms.length, 1);
    clock.advance(10_000);
    assert.equal((await tokens.verify("t")).kind, "invalid");
    provider.pages.set(ENDPOINT, GOOD);
    await tokens.verify("u");
    provider.pages.set(ENDPOINT, { active: false });
    clock.advance(INTROSPECTION_BELIEVED_MS - 1);
    assert.equal((await tokens.verify("u")).kind, "valid");
    clock.advance(2);
    assert.equal((await tokens.verify("u")).kind, "invalid");
  });

  test("a bad one is asked about again: it may be good soon", async () => {
    const { provider, tokens } = open({ active: false });
    await tokens.verify("t");
    provider.pages.set(ENDPOINT, GOOD);
    assert.equal((await tokens.verify("t")).kind, "valid");
  });

  test("a flood of tokens: so many questions at once, and the rest hears later", async () => {
    const { provider, tokens } = open({ active: false });
    const flood = Array.from({ length: 100 }, (_, n) => tokens.verify(`${n}`));
    const user = tokens.verify("of a user at home", true);
    const findings = await Promise.all(flood);
    const max = STRANGERS_INTROSPECTIONS_AT_ONCE_MAX;
    assert.equal((await user).kind, "invalid", "strangers do not take its turn");
    assert.equal(provider.forms.length, max + 1);
    const later = findings.filter((finding) => finding.kind === "unavailable" && finding.isOverload === true);
    assert.equal(later.length, 100 - max);
    assert.equal((await tokens.verify("t")).kind, "invalid", "places are given back");
  });

  test("a provider that is down: later, not wrong", async () => {
    const { provider, tokens } = open(GOOD);
    provider.isDown = true;
    const finding = await tokens.verify("t");
    assert.ok(finding.kind === "unavailable" && finding.isOverload !== true);
  });
});
