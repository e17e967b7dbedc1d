/** What the authenticator makes of tokens, whoever has looked at them. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ALICE, openLoginWorld } from "../../test/fakes/login-world.ts";
import { setAccountEnabled } from "./accounts.ts";
import type { LoginWatch } from "./authenticator.ts";
import type { TokenFinding } from "./token-verifier.ts";

const BEARER = "\x01auth=Bearer a.token\x01\x01";
const VALID: TokenFinding = { kind: "valid", address: ALICE };

async function open(t: Parameters<typeof openLoginWorld>[0], finding: TokenFinding) {
  const guesses: string[] = [];
  const good: string[] = [];
  const watch: LoginWatch = {
    mayTry: () => true,
    succeeded: (_attempt, { address }) => void good.push(address),
    failed: ({ password }, account, reason) => void guesses.push(`${account} ${password} ${reason}`),
  };
  const mechanisms = {
    scram: true,
    scramSha1: false,
    tokenScope: "mail",
    tokenDescription: "https://login.example.test/d",
  };
  const world = await openLoginWorld(t, { watch, mechanisms, tokens: { verify: async () => finding } });
  return { world, guesses, good };
}

suite("logins by token", () => {
  for (const [mechanism, response, expected] of [
    ["OAUTHBEARER", `n,a=${ALICE},${BEARER}`, ALICE],
    ["OAUTHBEARER", `n,,${BEARER}`, ALICE],
    ["OAUTHBEARER", `n,a=ALICE@Example.Test,${BEARER}`, ALICE],
    ["OAUTHBEARER", `n,a=alice,${BEARER}`, ALICE],
    ["XOAUTH2", `user=${ALICE}${BEARER}`, ALICE],
  ] as const) {
    test(`${mechanism} ${JSON.stringify(response)}: ${expected}`, async (t) => {
      const { world, good } = await open(t, VALID);
      assert.equal(await world.exchange(mechanism, [response]), expected);
      assert.deepEqual(good, [ALICE]);
    });
  }

  test("the token of somebody else opens nothing, and is no guess", async (t) => {
    const { world, guesses } = await open(t, VALID);
    for (const name of ["bob@example.test", "alice@other.test", "alice+x@example.test"])
      assert.equal(await world.exchange("OAUTHBEARER", [`n,a=${name},${BEARER}`, "\x01"]), "refused");
    const other = await open(t, { kind: "valid", address: "bob@example.test" });
    assert.equal(await other.world.exchange("OAUTHBEARER", [`n,,${BEARER}`, "\x01"]), "refused");
    assert.deepEqual(guesses, []);
  });

  test("a name without a domain in a token is nobody's", async (t) => {
    const { world } = await open(t, { kind: "valid", address: "alice" });
    assert.equal(await world.exchange("OAUTHBEARER", [`n,,${BEARER}`, "\x01"]), "refused");
  });

  test("a disabled account stays shut, and so does the administration", async (t) => {
    const { world } = await open(t, VALID);
    assert.equal(await world.exchange("XOAUTH2", [`user=${ALICE}${BEARER}`, ""], { protocol: "admin" }), "refused");
    await setAccountEnabled(world, ALICE, false);
    assert.equal(await world.exchange("XOAUTH2", [`user=${ALICE}${BEARER}`, ""]), "refused");
  });

  test("an unknown token is a guess: at the account that is named, otherwise at none", async (t) => {
    const { world, guesses } = await open(t, { kind: "invalid", reason: "unknown", why: "bad signature" });
    await world.exchange("OAUTHBEARER", [`n,a=${ALICE},${BEARER}`]);
    await world.exchange("OAUTHBEARER", [`n,,${BEARER}`]);
    assert.equal(guesses[0], `${ALICE} a.token wrong-password`);
    assert.match(guesses[1] ?? "", /^token [0-9a-f]{64} a\.token unknown-user$/);
  });

  test("one whose time is over, or that is for others, is none: a program was left open", async (t) => {
    for (const reason of ["not-for-us", "insufficient-scope"] as const) {
      const { world, guesses } = await open(t, { kind: "invalid", reason, why: "its time is over" });
      await world.exchange("OAUTHBEARER", [`n,a=${ALICE},${BEARER}`]);
      assert.deepEqual(guesses, []);
    }
  });

  test("what is wrong is told as RFC 7628 §3.2.2 has it, and the token is in no log", async (t) => {
    const description = '"scope":"mail","openid-configuration":"https://login.example.test/d"}';
    for (const [reason, status] of [
      ["unknown", "invalid_token"],
      ["not-for-us", "invalid_token"],
      ["insufficient-scope", "insufficient_scope"],
    ] as const) {
      const { world } = await open(t, { kind: "invalid", reason, why: "whatever" });
      const heard = await world.exchange("OAUTHBEARER", [`n,,${BEARER}`]);
      assert.equal(heard, `? {"status":"${status}",${description}`);
      const old = await world.exchange("XOAUTH2", [`user=${ALICE}${BEARER}`]);
      assert.equal(old, '? {"status":"400","schemes":"Bearer","scope":"mail"}');
      assert.ok(!JSON.stringify(world.log).includes("a.token"));
    }
  });

  test("offered with a provider alone, and inside TLS alone", async (t) => {
    const { world } = await open(t, VALID);
    const offered = (tls: Parameters<typeof world.authenticator.offer>[0]["tls"]) =>
      (["imap", "pop3", "submission", "smtp"] as const).map((protocol) =>
        world.authenticator.offer({ protocol, tls }).mechanisms.filter((name) => /OAUTH/.test(name)),
      );
    const both = ["OAUTHBEARER", "XOAUTH2"];
    const tls = { version: "TLSv1.3", cipher: "x", serverName: undefined, alpn: undefined };
    assert.deepEqual(offered(tls), [both, both, both, []]);
    assert.deepEqual(offered(undefined), [[], [], [], []]);
    const without = await openLoginWorld(t);
    assert.ok(!without.authenticator.offer({ protocol: "imap", tls }).mechanisms.includes("OAUTHBEARER"));
  });
});
