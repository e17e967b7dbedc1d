/** What the authenticator makes of certificates that the TLS handshake has proven. */
import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { ALICE, openLoginWorld } from "../../test/fakes/login-world.ts";
import { setAccountEnabled } from "./accounts.ts";
import type { LoginClient, LoginWatch } from "./authenticator.ts";

const WITH_CERTIFICATE = (...clientAddresses: string[]) => ({ tls: { ...FAKE_TLS, clientAddresses } });

/** The end of EXTERNAL, by a client whose certificate has these addresses, for whom it says it acts. */
async function check(
  t: TestContext,
  addresses: readonly string[],
  authorizationId: string,
  expected: string,
  client: Partial<LoginClient> = {},
): Promise<void> {
  const told: string[] = [];
  const watch: LoginWatch = {
    mayTry: () => true,
    succeeded: (_attempt, { address }) => void told.push(`in ${address}`),
    failed: () => void told.push("guess"),
  };
  const world = await openLoginWorld(t, { watch });
  const heard = await world.exchange("EXTERNAL", [authorizationId], { ...WITH_CERTIFICATE(...addresses), ...client });
  assert.equal(heard, expected);
  assert.deepEqual(told, expected === ALICE ? [`in ${ALICE}`] : []);
}

suite("logins by certificate", () => {
  test("its one address is the account", (t) => check(t, [ALICE], "", ALICE));
  test("in any case", (t) => check(t, ["Alice@EXAMPLE.test"], "", ALICE));
  test("the client may say so", (t) => check(t, [ALICE], ALICE, ALICE));
  test("or by the local-part, where there is one domain", (t) => check(t, [ALICE], "alice", ALICE));
  test("of several addresses the client says which", (t) => check(t, ["bob@example.test", ALICE], ALICE, ALICE));
  test("and must say so", (t) => check(t, ["bob@example.test", ALICE], "", "refused"));
  test("the account of another is not opened", (t) => check(t, ["bob@example.test"], ALICE, "refused"));
  test("nor one that is nobody's", (t) => check(t, ["bob@example.test"], "", "refused"));
  test("nor an address elsewhere with the same local-part", (t) => check(t, ["alice@other.test"], "alice", "refused"));
  test("a name without a domain in a certificate is nobody's", (t) => check(t, ["alice"], "", "refused"));
  test("the administration takes passwords alone", (t) => check(t, [ALICE], "", "refused", { protocol: "admin" }));

  test("a disabled account stays shut", async (t) => {
    const world = await openLoginWorld(t);
    await setAccountEnabled(world, ALICE, false);
    assert.equal(await world.exchange("EXTERNAL", [""], WITH_CERTIFICATE(ALICE)), "refused");
  });

  test("whoever keeps the door is told that nothing is guessed", async (t) => {
    const asked: unknown[] = [];
    const watch: LoginWatch = {
      mayTry: ({ isProven }, account) => asked.push([isProven, account]) > 0,
      succeeded: () => undefined,
      failed: () => undefined,
    };
    const world = await openLoginWorld(t, { watch });
    await world.exchange("EXTERNAL", [""], WITH_CERTIFICATE(ALICE));
    assert.deepEqual(asked, [[true, ALICE]]);
  });

  test("who must wait hears so before anything is looked at", async (t) => {
    const watch: LoginWatch = { mayTry: () => false, succeeded: () => undefined, failed: () => undefined };
    const world = await openLoginWorld(t, { watch });
    assert.equal(await world.exchange("EXTERNAL", [""], WITH_CERTIFICATE(ALICE)), "unavailable");
  });

  test("it is offered to those that showed a good certificate, where users log in", async (t) => {
    const { authenticator } = await openLoginWorld(t);
    const offered = (protocol: "submission" | "imap" | "pop3" | "smtp" | "lmtp", addresses: readonly string[]) =>
      authenticator.offer({ protocol, ...WITH_CERTIFICATE(...addresses) }).mechanisms.includes("EXTERNAL");
    for (const protocol of ["submission", "imap", "pop3"] as const) {
      assert.deepEqual([offered(protocol, [ALICE]), offered(protocol, [])], [true, false]);
    }
    for (const protocol of ["smtp", "lmtp"] as const) assert.equal(offered(protocol, [ALICE]), false);
  });
});
