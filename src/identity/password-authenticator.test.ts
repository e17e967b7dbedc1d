import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import type { Credential } from "#store/credential-store.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { addAppPassword } from "./app-passwords.ts";
import type { Authenticator, LoginProtocol, LoginWatch, PasswordAttempt } from "./authenticator.ts";
import type { HashLineLimits } from "./hash-line.ts";
import { VERIFIED_TTL_MS } from "./limits.ts";
import { createAuthenticator } from "./login-desk.ts";
import { hashPassword, verifyPasswordHash } from "./password-hash.ts";

const NFC = "pa§s€ü".normalize("NFC");
const NFD = NFC.normalize("NFD");

suite("login names", () => {
  test("the full address, in any case", (t) => check(t, { username: "Alice@Example.TEST" }, "alice@example.test"));
  test("a local-part where there is one domain (R11)", (t) => check(t, { username: "alice" }, "alice@example.test"));
  test("no local-part where there are two domains", async (t) => {
    const world = await openWorld(t);
    await world.store.putDomain({ name: "example.org", role: "primary", createdAtMs: 0 });
    assert.equal(await world.login({ username: "alice" }), "invalid-credentials");
    assert.equal(await world.login({ username: "alice@example.test" }), "alice@example.test");
  });
  test("an alias does not log in", async (t) => {
    const world = await openWorld(t);
    await world.store.putAlias("sales@example.test", ["alice@example.test"]);
    assert.equal(await world.login({ username: "sales@example.test" }), "invalid-credentials");
  });
  for (const username of [
    "",
    "@",
    "alice@",
    "alice@example.test@",
    "a\0b",
    "x".repeat(20_000),
    "alice+tag@example.test",
  ]) {
    test(`nobody is ${JSON.stringify(username.slice(0, 30))}`, (t) => check(t, { username }, "invalid-credentials"));
  }
});

suite("passwords", () => {
  test("however the keyboard composed it (NFC, NFD)", async (t) => {
    const world = await openWorld(t, { password: NFC });
    assert.equal(await world.login({ password: NFD }), "alice@example.test");
    assert.equal(await world.login({ password: NFC }), "alice@example.test");
    const other = await openWorld(t, { password: NFD });
    assert.equal(await other.login({ password: NFC }), "alice@example.test");
  });
  test("a hash made elsewhere of the bare NFC still opens where SASLprep would map a character", async (t) => {
    const { hash } = await import("@node-rs/argon2");
    const password = "no-break\u00a0space";
    const world = await openWorld(t, { hash: await hash(password) });
    assert.equal(await world.login({ password }), "alice@example.test");
  });
  test("one with characters that SASLprep prohibits opens too", async (t) => {
    const password = "tab\tand \u{1f600} and bell\u0007";
    const world = await openWorld(t, { password });
    assert.equal(await world.login({ password }), "alice@example.test");
  });
  for (const password of ["", "wrong", "secret-of-alice ", "secret-of-alice\0", "x".repeat(20_000), "\ud800"]) {
    test(`not ${JSON.stringify(password.slice(0, 20))}`, (t) => check(t, { password }, "invalid-credentials"));
  }
  test("a disabled account looks like a wrong password", async (t) => {
    const world = await openWorld(t);
    assert.equal(await world.login({}), "alice@example.test");
    await world.store.updateAccount(world.accountId, { enabled: false });
    assert.equal(await world.login({}), "invalid-credentials");
  });
  test("a hash that cannot be read is our trouble, not the client's", async (t) => {
    const world = await openWorld(t, { hash: "$argon2id$broken" });
    assert.equal(await world.login({}), "unavailable");
  });
  test("a store that cannot be asked is our trouble, not the client's", async (t) => {
    const world = await openWorld(t, {
      wrap: (store) => ({ ...store, findAddress: () => Promise.reject(new Error("disk")) }),
    });
    assert.equal(await world.login({}), "unavailable");
  });
});

suite("app passwords", () => {
  test("open the protocols of their scope and no other", async (t) => {
    const world = await openWorld(t);
    const made = await addAppPassword(world, "alice@example.test", { label: "phone", scopes: ["imap"] });
    assert.ok(made.ok);
    const { password } = made.value;
    assert.equal(await world.login({ password, protocol: "imap" }), "alice@example.test");
    assert.equal(await world.login({ password, protocol: "smtp" }), "invalid-credentials");
    assert.equal(await world.login({ password: `${password}x`, protocol: "imap" }), "invalid-credentials");
    assert.equal(await world.login({ protocol: "smtp" }), "alice@example.test");
  });
  test("the account's own password has a scope as well", async (t) => {
    const world = await openWorld(t, { scopes: ["imap"] });
    assert.equal(await world.login({ protocol: "imap" }), "alice@example.test");
    assert.equal(await world.login({ protocol: "admin" }), "invalid-credentials");
  });
});

suite("the memory of right passwords", () => {
  test("asks the store once for a client that connects again and again, and anew when it has aged", async (t) => {
    const { world, asked } = await openCountedWorld(t);
    for (let i = 0; i < 5; i++) await world.login({});
    assert.equal(asked(), 1);
    world.clock.advance(VERIFIED_TTL_MS + 1);
    await world.login({});
    assert.equal(asked(), 2);
  });
  test("clients that come at the same moment share one hash", async (t) => {
    const { world, asked } = await openCountedWorld(t);
    const logins = await Promise.all(Array.from({ length: 50 }, () => world.login({})));
    assert.deepEqual(new Set(logins), new Set(["alice@example.test"]));
    assert.equal(asked(), 1);
  });
  test("never holds a failure", async (t) => {
    const { world, asked } = await openCountedWorld(t);
    for (let i = 0; i < 3; i++) assert.equal(await world.login({ password: "wrong" }), "invalid-credentials");
    assert.equal(asked(), 3);
  });
  test("is for one protocol", async (t) => {
    const world = await openWorld(t, { scopes: ["imap"] });
    assert.equal(await world.login({ protocol: "imap" }), "alice@example.test");
    assert.equal(await world.login({ protocol: "pop3" }), "invalid-credentials");
  });
  test("forgets an old password the moment it is changed", async (t) => {
    const world = await openWorld(t);
    assert.equal(await world.login({}), "alice@example.test");
    await world.putPassword("another secret");
    assert.equal(await world.login({}), "invalid-credentials");
    assert.equal(await world.login({ password: "another secret" }), "alice@example.test");
  });
  test("does not learn what was read before a change and verified after it", async (t) => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const world = await openWorld(t, {
      wrap: (store) => ({
        ...store,
        async listCredentials(accountId) {
          const read = await store.listCredentials(accountId);
          reached.resolve();
          await gate.promise;
          return read;
        },
      }),
    });
    const early = world.login({});
    await reached.promise;
    await world.putPassword("another secret");
    gate.resolve();
    await early;
    assert.equal(await world.login({}), "invalid-credentials");
  });
});

suite("a login flood", () => {
  test("over the line, logins are unavailable rather than wrong, and those in it go on", async (t) => {
    const world = await openWorld(t, {
      hashLine: { atOnceMax: 1, strangersAtOnceMax: 1, waitingMax: 3, waitingPerAddressMax: 2 },
    });
    const fromOne = Array.from({ length: 6 }, (_, i) => world.login({ password: `guess ${i}` }));
    const fromAnother = world.login({ remoteAddress: "203.0.113.9" });
    const answers = await Promise.all(fromOne);
    assert.deepEqual(answers.toSorted(), [
      ...Array.from({ length: 3 }, () => "invalid-credentials"),
      ...Array.from({ length: 3 }, () => "unavailable"),
    ]);
    assert.equal(await fromAnother, "alice@example.test");
    assert.equal(await world.login({ password: "afterwards" }), "invalid-credentials");
  });
});

suite("a login flood of strangers", () => {
  test("the owner at a network of hers is served beside a full line (R24)", async (t) => {
    const watch: LoginWatch = {
      mayTry: () => true,
      isKnown: ({ remoteAddress }, account) => remoteAddress === "192.0.2.1" && account === "alice@example.test",
      succeeded: () => undefined,
      failed: () => undefined,
    };
    const hashLine = { atOnceMax: 1, strangersAtOnceMax: 1, waitingMax: 1, waitingPerAddressMax: 1 };
    const world = await openWorld(t, { watch, hashLine });
    const strangers = Array.from({ length: 5 }, (_, n) =>
      world.login({ remoteAddress: `203.0.113.${n}`, password: `guess ${n}` }),
    );
    const owner = world.login({ remoteAddress: "192.0.2.1" });
    assert.equal((await Promise.all(strangers)).filter((answer) => answer === "unavailable").length, 3);
    assert.equal(await owner, "alice@example.test");
  });
});

suite("what a failure costs", () => {
  for (const [why, attempt] of Object.entries({
    "an unknown user": { username: "nobody@example.test" },
    "a name that is none": { username: "@@" },
    "an alias": { username: "sales@example.test" },
    "a wrong password": { password: "wrong" },
    "a wrong app password": { password: "00000-00000-00000-00000" },
    "an impossible password": { password: "x".repeat(5000) },
    "a protocol out of scope": { protocol: "admin" },
    "a disabled account": { username: "bob@example.test" },
  } satisfies Record<string, Partial<PasswordAttempt>>)) {
    test(`one full hash for ${why}`, async (t) => {
      const costs: (string | undefined)[] = [];
      const world = await openWorld(t, {
        scopes: ["pop3"],
        verifyHash: (phc, forms) => {
          costs.push(phc.split("$")[3]);
          return verifyPasswordHash(phc, forms);
        },
      });
      await world.store.putAlias("sales@example.test", ["alice@example.test"]);
      const bob = await world.store.createAccount({ address: "bob@example.test", quotaOctets: null, nowMs: 0 });
      assert.ok(bob.ok);
      await world.store.updateAccount(bob.value.id, { enabled: false });
      assert.equal(await world.login(attempt), "invalid-credentials");
      assert.deepEqual(costs, ["m=19456,t=2,p=1"]);
    });
  }
});

test("no log line holds a password, nor a user name that is none", async (t) => {
  const world = await openWorld(t);
  await world.login({});
  await world.login({});
  await world.login({ password: "Wrong-Guess" });
  await world.login({ username: "Typed-Into-The-Wrong-Field" });
  const text = JSON.stringify(world.log.lines);
  assert.deepEqual(
    world.log.lines.map(({ event, fields }) => fields["reason"] ?? event),
    ["login", "login", "wrong-password", "unknown-user"],
  );
  assert.doesNotMatch(text, /secret-of-alice|Wrong-Guess|Wrong-Field|argon2/i);
});

suite("who keeps the door", () => {
  test("hears of every attempt, of right ones that were remembered too", async (t) => {
    const watch = new WatchForTests();
    const world = await openWorld(t, { watch });
    await world.login({});
    await world.login({ username: "alice" });
    await world.login({ password: "guess" });
    await world.login({ username: "Nobody@example.test", password: "guess" });
    assert.deepEqual(watch.told, [
      "asks alice@example.test",
      "right alice@example.test",
      "asks alice@example.test",
      "right alice@example.test",
      "asks alice@example.test",
      "wrong-password alice@example.test guess",
      "asks nobody@example.test",
      "unknown-user nobody@example.test guess",
    ]);
  });

  test("each of several equal attempts at once is told", async (t) => {
    const watch = new WatchForTests();
    const world = await openWorld(t, { watch });
    await Promise.all([1, 2, 3].map((n) => world.login({ password: "guess", remoteAddress: `198.51.100.${n}` })));
    assert.equal(watch.told.filter((line) => line.startsWith("wrong")).length, 3);
  });

  test("may say: not now, before a password is looked at, a remembered one too", async (t) => {
    const watch = new WatchForTests();
    const world = await openWorld(t, { watch });
    assert.equal(await world.login({}), "alice@example.test");
    watch.isOpen = false;
    assert.equal(await world.login({}), "unavailable");
    assert.equal(await world.login({ password: "guess" }), "unavailable");
    assert.deepEqual(watch.told.slice(2), ["asks alice@example.test", "asks alice@example.test"]);
  });

  test("a right password that opens nothing is no guess", async (t) => {
    const watch = new WatchForTests();
    const world = await openWorld(t, { watch, scopes: ["imap"] });
    assert.equal(await world.login({}), "invalid-credentials");
    await world.store.updateAccount(world.accountId, { enabled: false });
    assert.equal(await world.login({ protocol: "imap" }), "invalid-credentials");
    assert.deepEqual(watch.told, ["asks alice@example.test", "asks alice@example.test"]);
  });
});

interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly random: FakeRandom;
  readonly domains: readonly string[];
  readonly scramHashes: readonly [];
  readonly log: FakeLog;
  readonly accountId: number;
  login(attempt: Partial<PasswordAttempt>): Promise<string>;
  putPassword(password: string): Promise<Credential>;
}

/** Notes what it is told. */
class WatchForTests implements LoginWatch {
  readonly told: string[] = [];
  isOpen = true;

  mayTry(_attempt: PasswordAttempt, account: string): boolean {
    this.told.push(`asks ${account}`);
    return this.isOpen;
  }

  succeeded(_attempt: PasswordAttempt, { address }: { readonly address: string }): void {
    this.told.push(`right ${address}`);
  }

  failed({ password }: PasswordAttempt, account: string, reason: string): void {
    this.told.push(`${reason} ${account} ${password}`);
  }
}

interface WorldOptions {
  readonly password?: string;
  readonly hash?: string;
  readonly scopes?: readonly LoginProtocol[];
  readonly hashLine?: HashLineLimits;
  readonly verifyHash?: typeof verifyPasswordHash;
  readonly wrap?: (store: Store) => Store;
  readonly watch?: LoginWatch;
}

/** One domain, and in it alice, whose password is `secret-of-alice`. */
async function openWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock();
  const random = new FakeRandom();
  const log = new FakeLog();
  const domains = ["example.test"];
  const store = await openTemporaryStore(t, clock);
  const account = await store.createAccount({ address: "alice@example.test", quotaOctets: null, nowMs: 0 });
  assert.ok(account.ok);
  const accountId = account.value.id;
  const putHash = (hash: string): Promise<Credential> =>
    store.putCredential({
      accountId,
      kind: "password",
      label: "",
      hash,
      scopes: options.scopes ?? ["smtp", "imap", "pop3", "admin"],
      createdAtMs: 0,
    });
  const putPassword = async (password: string): Promise<Credential> => putHash(await hashPassword(password, random));
  if (options.hash === undefined) await putPassword(options.password ?? "secret-of-alice");
  else await putHash(options.hash);
  const authenticator: Authenticator = createAuthenticator({
    store: options.wrap?.(store) ?? store,
    clock,
    random,
    log,
    domains,
    ...(options.watch === undefined ? {} : { watch: options.watch }),
    ...(options.hashLine === undefined ? {} : { hashLine: options.hashLine }),
    ...(options.verifyHash === undefined ? {} : { verifyHash: options.verifyHash }),
  });
  const login = async (attempt: Partial<PasswordAttempt>): Promise<string> => {
    const result = await authenticator.verifyPassword({
      username: "alice@example.test",
      password: options.password ?? "secret-of-alice",
      protocol: "pop3",
      remoteAddress: "198.51.100.7",
      ...attempt,
    });
    return result.ok ? result.identity.address : result.problem;
  };
  return { store, clock, random, domains, scramHashes: [], log, accountId, login, putPassword };
}

/** With a count of how often the store was asked for credentials. */
async function openCountedWorld(t: TestContext): Promise<{ world: World; asked: () => number }> {
  let asked = 0;
  const world = await openWorld(t, {
    wrap: (store) => ({
      ...store,
      listCredentials(accountId) {
        asked++;
        return store.listCredentials(accountId);
      },
    }),
  });
  return { world, asked: () => asked };
}

async function check(t: TestContext, attempt: Partial<PasswordAttempt>, expected: string): Promise<void> {
  const world = await openWorld(t);
  assert.equal(await world.login(attempt), expected);
}
