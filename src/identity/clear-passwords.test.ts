import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { ALICE, type LoginWorld, openLoginWorld, PASSWORD } from "../../test/fakes/login-world.ts";
import { setAccountEnabled, showAccount } from "./accounts.ts";
import { addAppPassword } from "./app-passwords.ts";
import type { ExposedPassword } from "./clear-passwords.ts";
import {
  CLEAR_CHECKS_PER_ADDRESS_MAX,
  CLEAR_CHECKS_REMEMBERED_MAX,
  CLEAR_CHECKS_WAITING_MAX,
  CLEAR_CHECKS_WINDOW_MS,
} from "./limits.ts";
import { verifyPasswordHash } from "./password-hash.ts";

suite("a password sent in clear", () => {
  test("that is right is marked, and told of once", async (t) => {
    const { world, send, exposed } = await open(t);
    await send(PASSWORD);
    await send(PASSWORD, "192.0.2.77");
    assert.deepEqual(
      exposed.map(({ account, credential, attempt }) => [account.address, credential.kind, attempt.remoteAddress]),
      [[ALICE, "password", "192.0.2.1"]],
    );
    const shown = await showAccount(world, ALICE);
    assert.ok(shown.ok);
    assert.equal(shown.value.password?.exposedAtMs, exposed[0]?.atMs);
  });

  test("that is an app password marks that one, whatever its scope, and of a disabled account too", async (t) => {
    const { world, send, exposed } = await open(t);
    const made = await addAppPassword(world, ALICE, { label: "phone", scopes: ["smtp"] });
    assert.ok(made.ok);
    assert.ok((await setAccountEnabled(world, ALICE, false)).ok);
    await send(made.value.password);
    assert.deepEqual(
      exposed.map(({ credential }) => credential.id),
      [made.value.appPassword.id],
    );
  });

  test("that is wrong changes nothing and is told to nobody", async (t) => {
    const { world, send, exposed, checked } = await open(t);
    await send("wrong");
    assert.equal(checked(), 1);
    assert.deepEqual(exposed, []);
    const [credential] = await world.store.listCredentials(world.accountId);
    assert.equal(credential?.exposedAtMs, null);
  });

  test("is looked at once, and so many an address in an hour: nobody can use it to guess", async (t) => {
    const { world, send, settle, checked } = await open(t);
    for (let i = 0; i < 3; i++) await send("wrong");
    assert.equal(checked(), 1);
    const attempt = { username: ALICE, protocol: "imap", remoteAddress: "192.0.2.1" } as const;
    for (let i = 0; i < 20; i++) world.authenticator.sentInClear({ ...attempt, password: `wrong ${i}` });
    await settle();
    assert.equal(checked(), CLEAR_CHECKS_PER_ADDRESS_MAX);
    world.clock.advance(CLEAR_CHECKS_WINDOW_MS + 1);
    await send("wrong once more");
    assert.equal(checked(), CLEAR_CHECKS_PER_ADDRESS_MAX + 1);
  });

  test("waits its turn among a few, one at a time; a flood is not looked at", async (t) => {
    const { world, checked, atOnce, settle } = await open(t);
    for (let i = 0; i < CLEAR_CHECKS_REMEMBERED_MAX; i++) {
      const remoteAddress = `2001:db8::${i.toString(16)}`;
      world.authenticator.sentInClear({ username: ALICE, password: `guess ${i}`, protocol: "imap", remoteAddress });
    }
    await settle();
    assert.equal(checked(), CLEAR_CHECKS_WAITING_MAX + 1);
    assert.equal(atOnce(), 1);
  });

  test("neither counts as a guess nor lets anybody in, and is not looked at from where nobody may log in", async (t) => {
    const told: string[] = [];
    let mayTry = true;
    const watch = {
      mayTry: () => mayTry,
      succeeded: () => void told.push("right"),
      failed: () => void told.push("wrong"),
    };
    const { send, exposed } = await open(t, { watch });
    await send("wrong");
    mayTry = false;
    await send(PASSWORD);
    assert.deepEqual([told, exposed], [[], []]);
  });

  test("is not in the log", async (t) => {
    const { world, send } = await open(t);
    await send(PASSWORD);
    assert.match(JSON.stringify(world.log.lines), /password-exposed/);
    assert.doesNotMatch(JSON.stringify(world.log.lines), /swan/);
  });
});

interface Opened {
  readonly world: LoginWorld;
  readonly exposed: readonly ExposedPassword[];
  /** Resolves when all that will be looked at has been. */
  readonly send: (password: string, remoteAddress?: string) => Promise<void>;
  readonly settle: () => Promise<void>;
  readonly checked: () => number;
  readonly atOnce: () => number;
}

async function open(t: TestContext, options: Parameters<typeof openLoginWorld>[1] = {}): Promise<Opened> {
  const exposed: ExposedPassword[] = [];
  let checked = 0;
  let running = 0;
  let atOnce = 0;
  const world = await openLoginWorld(t, {
    ...options,
    exposed: (one) => void exposed.push(one),
    async verifyHash(hash, forms) {
      checked++;
      atOnce = Math.max(atOnce, ++running);
      const right = await verifyPasswordHash(hash, forms);
      running--;
      return right;
    },
  });
  // Longer than any look at the store and a hash take together: what is not begun by then is not begun.
  const settle = async (): Promise<void> => {
    for (let quiet = 0, before = -1; quiet < 3; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      quiet = before === checked && running === 0 ? quiet + 1 : 0;
      before = checked;
    }
  };
  return {
    world,
    exposed,
    async send(password, remoteAddress = "192.0.2.1") {
      world.authenticator.sentInClear({ username: ALICE, password, protocol: "imap", remoteAddress });
      await settle();
    },
    settle,
    checked: () => checked,
    atOnce: () => atOnce,
  };
}
