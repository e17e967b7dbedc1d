import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import type { SaslAnswer } from "#protocol/sasl/exchange.ts";
import { ALICE, type LoginWorld, openLoginWorld, PASSWORD } from "../../test/fakes/login-world.ts";
import { changePassword, setAccountEnabled, showAccount } from "./accounts.ts";
import { addAppPassword, revokeAppPassword } from "./app-passwords.ts";
import { APP_PASSWORDS_PER_ACCOUNT_MAX, SCRAM_ITERATIONS } from "./limits.ts";

const PLAIN = `\0${ALICE}\0${PASSWORD}`;

suite("SCRAM over the store", () => {
  test("the password, and names however they are written", async (t) => {
    const world = await openLoginWorld(t);
    for (const name of [ALICE, "Alice@EXAMPLE.test", "alice"]) {
      assert.equal(await world.scram(name, PASSWORD), ALICE);
    }
    assert.equal(await world.scram(ALICE, "another"), "refused");
  });

  test("a password that is not ASCII, composed or not: the client prepares it as we do (RFC 5802 §2.2)", async (t) => {
    const world = await openLoginWorld(t);
    const password = "pa§s€ü-Ångström";
    assert.ok((await changePassword(world, ALICE, password.normalize("NFD"))).ok);
    assert.equal(await world.scram(ALICE, password.normalize("NFC")), ALICE);
  });

  test("each app password, under the account's own name and in its own scope", async (t) => {
    const world = await openLoginWorld(t);
    const made = await addAppPassword(world, ALICE, { label: "phone", scopes: ["imap"] });
    assert.ok(made.ok);
    const { password, appPassword } = made.value;
    assert.equal(await world.scram(ALICE, password), ALICE);
    assert.equal(await world.scram(ALICE, PASSWORD), ALICE);
    assert.equal(await world.scram(ALICE, password, { protocol: "smtp" }), "refused");
    assert.ok((await revokeAppPassword(world, ALICE, appPassword.id)).ok);
    assert.equal(await world.scram(ALICE, password), "refused");
  });

  test("not the old password after a change, nor any of a disabled account", async (t) => {
    const world = await openLoginWorld(t);
    assert.ok((await changePassword(world, ALICE, "two herons, 1 pond")).ok);
    assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    assert.equal(await world.scram(ALICE, "two herons, 1 pond"), ALICE);
    assert.ok((await setAccountEnabled(world, ALICE, false)).ok);
    assert.equal(await world.scram(ALICE, "two herons, 1 pond"), "refused");
  });

  test("an alias does not log in", async (t) => {
    const world = await openLoginWorld(t);
    await world.store.putAlias("sales@example.test", [ALICE]);
    assert.equal(await world.scram("sales@example.test", PASSWORD), "refused");
  });
});

suite("SCRAM: keys of older passwords", () => {
  test("are made at the next login by another mechanism, and the account then says so", async (t) => {
    const world = await openLoginWorld(t, { scramHashes: [] });
    assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    assert.equal(await hasKeys(world), false);
    assert.equal(await world.exchange("PLAIN", [PLAIN]), ALICE);
    while (!(await hasKeys(world))) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await world.scram(ALICE, PASSWORD), ALICE);
  });

  test("are not made where nobody wants them, and then SCRAM is not offered", async (t) => {
    const mechanisms = { scram: false, scramSha1: true };
    const world = await openLoginWorld(t, { scramHashes: [], mechanisms });
    assert.equal(await world.exchange("PLAIN", [PLAIN]), ALICE);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await hasKeys(world), false);
    assert.deepEqual(world.authenticator.offer({ protocol: "imap", tls: tls() }).mechanisms, ["PLAIN", "LOGIN"]);
  });

  test("keys of another count or salt are no keys: what clients are told is one and the same", async (t) => {
    const world = await openLoginWorld(t);
    const keys = await world.store.listScramKeys(world.accountId);
    await world.store.putScramKeys(keys.map((key) => ({ ...key, iterations: 4096 })));
    assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    assert.equal(keysIn(world.answers)[0]?.iterations, SCRAM_ITERATIONS);
  });
});

suite("SCRAM: a name that is nobody's looks like one that is somebody's", () => {
  for (const name of [ALICE, "nobody@example.test", "nobody", "no address at all", "alice@elsewhere.test"]) {
    test(`salt, count and number of keys of ${name}`, async (t) => {
      const world = await openLoginWorld(t);
      for (let i = 0; i < 2; i++) await world.scram(name, "wrong");
      const [first, second] = keysIn(world.answers);
      assert.ok(first !== undefined && second !== undefined);
      assert.equal(first.salt.length, 16);
      assert.deepEqual(first.salt, second.salt);
      assert.notEqual(first.nonce, second.nonce);
      assert.equal(first.iterations, SCRAM_ITERATIONS);
      assert.equal(first.keys.length, APP_PASSWORDS_PER_ACCOUNT_MAX + 1);
    });
  }

  test("the salt stays when a name becomes an account and when a password changes, and no two names share one", async (t) => {
    const world = await openLoginWorld(t);
    const before = await saltOf(world, "bob@example.test");
    await world.store.createAccount({ address: "bob@example.test", quotaOctets: null, nowMs: 0 });
    assert.deepEqual(await saltOf(world, "BOB@example.test"), before);
    const alices = await saltOf(world, ALICE);
    assert.ok((await changePassword(world, ALICE, "two herons, 1 pond")).ok);
    assert.deepEqual(await saltOf(world, ALICE), alices);
    assert.notDeepEqual(before, alices);
  });

  test("another server has other salts", async (t) => {
    assert.notDeepEqual(await saltOf(await openLoginWorld(t), ALICE), await saltOf(await openLoginWorld(t), ALICE));
  });

  test("the store is asked the same questions", async (t) => {
    const asked: string[] = [];
    const world = await openLoginWorld(t);
    const counting = new Proxy(world.store, {
      get: (store, name, receiver) => {
        const method: unknown = Reflect.get(store, name, receiver);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          asked.push(String(name));
          return (method as (...all: unknown[]) => unknown).apply(store, args);
        };
      },
    });
    const counted = await openLoginWorld(t, { store: counting });
    const questions: string[][] = [];
    for (const name of [ALICE, ALICE, "nobody@example.test", "nobody"]) {
      assert.equal(await counted.scram(name, "wrong"), "refused");
      questions.push(asked.splice(0).filter((method) => method !== "onEvent" && method !== "readScramSalt"));
    }
    assert.deepEqual(questions[1], questions[2]);
    assert.deepEqual(questions[1], questions[3]);
  });
});

suite("SCRAM: who keeps the door", () => {
  test("is told of each wrong proof as of a guess of its own, and of a right one", async (t) => {
    const told: string[] = [];
    const guesses = new Set<string>();
    const watch = {
      mayTry: () => true,
      succeeded: () => void told.push("right"),
      failed: ({ password }: { readonly password: string }, account: string, reason: string) => {
        told.push(`${reason} ${account}`);
        guesses.add(password);
      },
    };
    const world = await openLoginWorld(t, { watch });
    for (let i = 0; i < 2; i++) await world.scram(ALICE, "wrong");
    await world.scram("nobody@example.test", "wrong");
    await world.scram(ALICE, PASSWORD);
    const wrong = `wrong-password ${ALICE}`;
    assert.deepEqual(told, [wrong, wrong, "unknown-user nobody@example.test", "right"]);
    assert.equal(guesses.size, 3);
  });

  test("who may not try hears that it cannot be checked, before anything of the name is said", async (t) => {
    const watch = { mayTry: () => false, succeeded: () => undefined, failed: () => undefined };
    const world = await openLoginWorld(t, { watch });
    assert.equal(await world.scram(ALICE, PASSWORD), "unavailable");
  });

  test("a store that cannot be asked is our trouble, not the client's", async (t) => {
    const world = await openLoginWorld(t);
    const broken = { ...world.store, listScramKeys: () => Promise.reject(new Error("disk")) };
    const other = await openLoginWorld(t, { store: broken });
    assert.equal(await other.scram(ALICE, PASSWORD), "unavailable");
  });

  test("no password, key or proof is in the log", async (t) => {
    const world = await openLoginWorld(t);
    await world.scram(ALICE, PASSWORD);
    await world.scram(ALICE, "wrong-but-secret");
    assert.doesNotMatch(JSON.stringify(world.log.lines), /swan|wrong-but-secret|p=|v=/);
  });
});

async function hasKeys({ store, ...rest }: LoginWorld): Promise<boolean> {
  const shown = await showAccount({ ...rest, store }, ALICE);
  return shown.ok && shown.value.password?.scram === true;
}

function keysIn(answers: readonly SaslAnswer[]): Extract<SaslAnswer, { kind: "scram-keys" }>[] {
  return answers.filter((answer) => answer.kind === "scram-keys");
}

async function saltOf(world: LoginWorld, name: string): Promise<string> {
  await world.scram(name, "wrong");
  return Buffer.from(keysIn(world.answers).at(-1)?.salt ?? []).toString("hex");
}

function tls(): NonNullable<Parameters<LoginWorld["authenticator"]["offer"]>[0]["tls"]> {
  return { version: "TLSv1.3", cipher: "", serverName: undefined, alpn: undefined };
}
