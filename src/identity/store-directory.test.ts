import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { type Mailbox, parseDomain, parseMailbox } from "#mail/address.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import type { Directory, Resolution } from "./directory.ts";
import { ALIAS_DEPTH_MAX, RESOLUTION_TTL_MS } from "./limits.ts";
import { createDirectory, type DirectorySettings } from "./store-directory.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";

suite("directory: which domains are ours", () => {
  test("those of the settings and those of the store, by exact match", async (t) => {
    const { store, directory } = await openWorld(t);
    await store.putDomain({ name: "second.test", role: "secondary", createdAtMs: 0 });
    await directory.resolve(mailbox(ALICE));
    const role = (name: string): string | undefined => {
      const domain = parseDomain(name);
      return domain.ok ? directory.domainRole(domain.value) : assert.fail(name);
    };
    assert.equal(role("example.test"), "primary");
    assert.equal(role("EXAMPLE.TEST"), "primary");
    assert.equal(role("second.test"), "secondary");
    assert.equal(role("mail.example.test"), undefined);
    assert.equal(role("xexample.test"), undefined);
    assert.equal(role("test"), undefined);
    await store.removeDomain("second.test");
    await directory.resolve(mailbox(ALICE));
    assert.equal(role("second.test"), undefined);
  });
  test("an account in a domain that is not ours any more gets nothing", async (t) => {
    const { store, directory } = await openWorld(t);
    await store.createAccount({ address: "old@gone.test", quotaOctets: null, nowMs: 0 });
    assert.equal(await resolved(directory, "old@gone.test"), "unknown");
  });
});

suite("directory: whose mail it is", () => {
  test("an account's, in any case of the local-part", (t) => check(t, {}, "ALICE@example.test", ALICE));
  test("nobody's", (t) => check(t, {}, "carol@example.test", "unknown"));
  test("a disabled account's", async (t) => {
    const { store, directory } = await openWorld(t);
    assert.equal(await resolved(directory, ALICE), ALICE);
    await store.updateAccount(await idOf(store, ALICE), { enabled: false });
    assert.equal(await resolved(directory, ALICE), "disabled");
  });
  test("a disabled alias's; who else it was for is not asked", async (t) => {
    const aliases = { sales: [ALICE], team: ["sales@example.test"], mixed: ["sales@example.test", BOB] };
    const settings = { catchAll: { "example.test": BOB } };
    const { store, directory } = await openWorld(t, { aliases, settings });
    assert.equal(await resolved(directory, "sales@example.test"), ALICE);
    await store.setDisabled("sales@example.test", 1);
    for (const name of ["sales", "sales+x", "team"]) {
      assert.equal(await resolved(directory, `${name}@example.test`), "disabled", name);
    }
    assert.equal(await resolved(directory, "mixed@example.test"), BOB);
    assert.equal(await resolved(directory, ALICE), ALICE);
    assert.equal(await directory.maySendAs(await idOf(store, ALICE), mailbox("sales@example.test")), false);
    await store.setDisabled("sales@example.test", null);
    assert.equal(await resolved(directory, "team@example.test"), ALICE);
  });
  test("everything at a disabled domain, which stays ours", async (t) => {
    const aliases = { out: ["carol@elsewhere.test"] };
    const settings = { catchAll: { "example.test": "abuse@other.test" } };
    const { store, directory } = await openWorld(t, { aliases, settings });
    await store.putAlias("in@other.test", [ALICE]);
    await store.setDisabled("example.test", 1);
    for (const name of ["alice", "alice+x", "out", "postmaster", "nobody"]) {
      assert.equal(await resolved(directory, `${name}@example.test`), "disabled", name);
    }
    assert.equal(await resolved(directory, "in@other.test"), "disabled");
    const domain = mailbox(ALICE).domain;
    assert.deepEqual([directory.domainRole(domain), directory.isDisabled(domain)], ["primary", true]);
    assert.equal(await directory.maySendAs(await idOf(store, ALICE), mailbox(ALICE)), false);
    await store.setDisabled("example.test", null);
    assert.equal(await resolved(directory, "nobody@example.test"), BOB);
  });
  test("of the accounts behind an alias, each once", (t) =>
    check(
      t,
      { aliases: { all: [ALICE, BOB, "staff@example.test"], staff: [BOB] } },
      "all@example.test",
      `${ALICE} ${BOB}`,
    ));
  test("of the enabled ones behind an alias", async (t) => {
    const { store, directory } = await openWorld(t, { aliases: { all: [ALICE, BOB] } });
    await store.updateAccount(await idOf(store, BOB), { enabled: false });
    assert.equal(await resolved(directory, "all@example.test"), ALICE);
  });
  test("an alias that leads to itself ends", (t) =>
    check(t, { aliases: { a: ["b@example.test"], b: ["a@example.test", ALICE] } }, "a@example.test", ALICE));
  test("a loop of aliases is nobody's", (t) =>
    check(t, { aliases: { a: ["b@example.test"], b: ["a@example.test"] } }, "a@example.test", "unknown"));
  test(`${ALIAS_DEPTH_MAX} aliases behind one another are followed`, (t) =>
    check(t, { aliases: chain(ALIAS_DEPTH_MAX) }, "a1@example.test", ALICE));
  test("more of them are not", (t) => check(t, { aliases: chain(ALIAS_DEPTH_MAX + 1) }, "a1@example.test", "unknown"));
  test("an alias leads to addresses elsewhere, also through another one", async (t) => {
    const aliases = {
      out: ["carol@elsewhere.test"],
      both: ["out@example.test", "alice@example.test", "none@example.test"],
    };
    const { directory } = await openWorld(t, { aliases });
    for (const [name, count] of [
      ["out", 0],
      ["both", 1],
    ] as const) {
      const found = await directory.resolve(mailbox(`${name}@example.test`));
      assert.ok(found.kind === "accounts");
      assert.deepEqual([found.recipients.length, found.forwards], [count, ["carol@elsewhere.test"]]);
    }
  });
  test("a foreign address by itself leads nowhere", (t) => check(t, {}, "carol@elsewhere.test", "unknown"));
  test("whoever has mail passed on owns no address by that", async (t) => {
    const { directory } = await openWorld(t, { aliases: { out: ["carol@elsewhere.test"] } });
    assert.equal(await directory.maySendAs(1, mailbox("out@example.test")), false);
  });
  test("what says it asks more than the bound allows is refused rather than cut short", async (t) => {
    const aliases = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `wide${i}`,
        Array.from({ length: 100 }, (__, j) => `none${i}x${j}@example.test`),
      ]),
    );
    const all = Object.keys(aliases).map((name) => `${name}@example.test`);
    const { directory } = await openWorld(t, { aliases: { ...aliases, all } });
    await assert.rejects(directory.resolve(mailbox("all@example.test")));
  });
});

suite("directory: plus-addresses", () => {
  test("go to the address before the plus", (t) => check(t, {}, "alice+shop+2@example.test", ALICE));
  test("of an alias too", (t) => check(t, { aliases: { staff: [BOB] } }, "staff+x@example.test", BOB));
  test("an address of just that name comes first", (t) =>
    check(t, { aliases: { "alice+bob": [BOB] } }, "alice+bob@example.test", BOB));
  test("of nobody are nobody's", (t) => check(t, {}, "carol+x@example.test", "unknown"));
  test("with nothing before the plus are nobody's", (t) => check(t, {}, "+alice@example.test", "unknown"));
  test("have the separator of the settings", async (t) => {
    const { directory } = await openWorld(t, { plusSeparator: "-" });
    assert.equal(await resolved(directory, "alice-shop@example.test"), ALICE);
    assert.equal(await resolved(directory, "alice+shop@example.test"), "unknown");
    assert.equal(await resolved(directory, "abuse+shop@other.test"), BOB);
  });
  test("are off without a separator", (t) => check(t, { plusSeparator: "" }, "alice+shop@example.test", "unknown"));
});

suite("directory: role names and catch-all", () => {
  test("postmaster and abuse of every domain are the admin's (RFC 5321 §4.5.1, RFC 2142)", async (t) => {
    const { directory } = await openWorld(t);
    for (const name of ["postmaster", "PostMaster", "abuse", "abuse+x"]) {
      assert.equal(await resolved(directory, `${name}@example.test`), BOB);
      assert.equal(await resolved(directory, `${name}@other.test`), BOB);
    }
    assert.equal(await resolved(directory, "hostmaster@example.test"), "unknown");
    assert.equal(await resolved(directory, "postmaster@elsewhere.test"), "unknown");
    assert.equal(render(await directory.resolvePostmaster()), BOB);
  });
  test("an account or alias of that name comes first", (t) =>
    check(t, { aliases: { abuse: [ALICE] } }, "abuse@example.test", ALICE));
  test("without an admin they are addresses like others", async (t) => {
    const { directory } = await openWorld(t, { settings: { admin: undefined } });
    assert.equal(await resolved(directory, "abuse@example.test"), "unknown");
    assert.equal(render(await directory.resolvePostmaster()), "unknown");
  });
  test("a catch-all takes what no other address takes, of its domain alone", async (t) => {
    const { directory } = await openWorld(t, { settings: { catchAll: { "example.test": ALICE } } });
    assert.equal(await resolved(directory, "carol@example.test"), ALICE);
    assert.equal(await resolved(directory, "bob@example.test"), BOB);
    assert.equal(await resolved(directory, "postmaster@example.test"), BOB);
    assert.equal(await resolved(directory, "carol@other.test"), "unknown");
  });
  test("a catch-all to nobody ends", (t) =>
    check(t, { settings: { catchAll: { "example.test": "x@example.test" } } }, "carol@example.test", "unknown"));
});

suite("directory: who may send as what", () => {
  test("own address, aliases, their plus-addresses; nobody else's", async (t) => {
    const { store, directory } = await openWorld(t, {
      aliases: {
        sales: [ALICE],
        team: ["sales@example.test", BOB],
        "alice+bob": [BOB],
        tagged: ["alice+bob@example.test"],
      },
      settings: { catchAll: { "example.test": ALICE } },
    });
    const alice = await idOf(store, ALICE);
    const may = (address: string): Promise<boolean> => directory.maySendAs(alice, mailbox(address));
    for (const address of [
      ALICE,
      "Alice@example.test",
      "alice+x@example.test",
      "sales@example.test",
      "team@example.test",
    ]) {
      assert.equal(await may(address), true, address);
    }
    const others = [BOB, "alice+bob@example.test", "tagged@example.test", "carol@example.test", "alice@elsewhere.test"];
    for (const address of [...others, "postmaster@example.test"]) assert.equal(await may(address), false, address);
    assert.deepEqual((await directory.senderAddresses(alice)).toSorted(), [
      ALICE,
      "sales@example.test",
      "team@example.test",
    ]);
  });
  test("the admin as postmaster and abuse", async (t) => {
    const { store, directory } = await openWorld(t);
    const bob = await idOf(store, BOB);
    assert.equal(await directory.maySendAs(bob, mailbox("abuse@other.test")), true);
    assert.ok((await directory.senderAddresses(bob)).includes("postmaster@example.test"));
  });
  test("a disabled account as nothing", async (t) => {
    const { store, directory } = await openWorld(t);
    const alice = await idOf(store, ALICE);
    await store.updateAccount(alice, { enabled: false });
    assert.equal(await directory.maySendAs(alice, mailbox(ALICE)), false);
    assert.deepEqual(await directory.senderAddresses(alice), []);
  });
});

suite("directory: its memory", () => {
  test("asks once, until something changes or time has passed", async (t) => {
    let asked = 0;
    const { store, directory, clock } = await openWorld(t, {
      wrap: (inner) => ({
        ...inner,
        findAddress(address) {
          asked++;
          return inner.findAddress(address);
        },
      }),
    });
    const ask = async (): Promise<number> => {
      asked = 0;
      await Promise.all([resolved(directory, ALICE), resolved(directory, ALICE)]);
      return asked;
    };
    assert.equal(await ask(), 1);
    assert.equal(await ask(), 0);
    await store.putAlias("new@example.test", [ALICE]);
    assert.equal(await ask(), 1);
    clock.advance(RESOLUTION_TTL_MS + 1);
    assert.equal(await ask(), 1);
  });
  test("a failure of the store is told, and not remembered", async (t) => {
    let broken = true;
    const { directory } = await openWorld(t, {
      wrap: (inner) => ({
        ...inner,
        findAddress: (address) => (broken ? Promise.reject(new Error("disk")) : inner.findAddress(address)),
      }),
    });
    await assert.rejects(directory.resolve(mailbox(ALICE)), /disk/);
    broken = false;
    assert.equal(await resolved(directory, ALICE), ALICE);
  });
  test("what was being read while something changed is not remembered", async (t) => {
    const gate = Promise.withResolvers<void>();
    const { store, directory } = await openWorld(t, {
      wrap: (inner) => ({
        ...inner,
        async findAddress(address) {
          const entry = await inner.findAddress(address);
          await gate.promise;
          return entry;
        },
      }),
    });
    const early = directory.resolve(mailbox("new@example.test"));
    await store.putAlias("new@example.test", [ALICE]);
    gate.resolve();
    await early;
    assert.equal(await resolved(directory, "new@example.test"), ALICE);
  });
});

interface WorldOptions {
  /** Local-parts at example.test, and what they stand for. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly settings?: Partial<DirectorySettings>;
  /** Of example.test. */
  readonly plusSeparator?: string;
  readonly wrap?: (store: Store) => Store;
}

/** Two domains, alice, and bob who is the admin. */
async function openWorld(
  t: TestContext,
  { aliases = {}, settings = {}, plusSeparator = "+", wrap = (store) => store }: WorldOptions = {},
): Promise<{ store: Store; directory: Directory; clock: FakeClock }> {
  const clock = new FakeClock();
  const store = await openTemporaryStore(t, clock);
  for (const address of [ALICE, BOB]) await store.createAccount({ address, quotaOctets: null, nowMs: 0 });
  for (const [name, targets] of Object.entries(aliases)) await store.putAlias(`${name}@example.test`, targets);
  const directory = await createDirectory({
    store: wrap(store),
    clock,
    settings: {
      domains: [
        { name: "example.test", role: "primary", plusSeparator },
        { name: "other.test", role: "primary", plusSeparator: "+" },
      ],
      admin: BOB,
      catchAll: {},
      ...settings,
    },
  });
  return { store, directory, clock };
}

async function check(t: TestContext, options: WorldOptions, address: string, expected: string): Promise<void> {
  const { directory } = await openWorld(t, options);
  assert.equal(await resolved(directory, address), expected);
}

async function resolved(directory: Directory, address: string): Promise<string> {
  return render(await directory.resolve(mailbox(address)));
}

function render(resolution: Resolution): string {
  if (resolution.kind !== "accounts") return resolution.kind;
  return resolution.recipients.map(({ address }) => address).join(" ");
}

function mailbox(address: string): Mailbox {
  const parsed = parseMailbox(address, { utf8: true });
  return parsed.ok ? parsed.value : assert.fail(address);
}

async function idOf(store: Store, address: string): Promise<number> {
  const entry = await store.findAddress(address);
  return entry?.kind === "account" ? entry.account.id : assert.fail(address);
}

/** `a1` to `aN`, each standing for the next, the last for alice. */
function chain(length: number): Record<string, string[]> {
  return Object.fromEntries(
    Array.from({ length }, (_, i) => [`a${i + 1}`, [i + 1 < length ? `a${i + 2}@example.test` : ALICE]]),
  );
}
