import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import type { Result } from "#mail/result.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { PasskeyDevice } from "../../../test/fakes/passkey-device.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { PasskeyDesk, type PasskeyVisitor } from "./passkey-desk.ts";
import { addPasskeyLink, listPasskeys, removePasskey } from "./passkey-links.ts";

const PARTY = { id: "mx1.example.test", origins: ["https://mx1.example.test"] };
const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const MINUTE_MS = 60_000;

suite("passkeys of accounts", () => {
  test("one is made with a link, and logs in again and again", async (t) => {
    const world = await open(t);
    const { desk, clock, device, visitor } = await enrolled(world);
    for (let time = 1; time <= 3; time++) {
      clock.advance(MINUTE_MS);
      const { challenge } = value(await desk.askToLogIn(visitor));
      const loggedIn = value(await desk.logIn(visitor, device.answer(challenge, { userHandle: "1" })));
      assert.deepEqual(loggedIn, { accountId: 1, address: ALICE, name: "phone" });
      assert.equal((await passkeyOf(world)).lastUsedMs, clock.now());
    }
  });

  test("the page hears whose link it is, and what for; the log has neither token nor challenge", async (t) => {
    const { desk, visitor, log } = await enrolled(await open(t));
    assert.deepEqual(value(await desk.open(visitor)), { address: ALICE, name: "phone", isUsed: true });
    const { challenge } = value(await desk.askToLogIn(visitor));
    const said = JSON.stringify(log.lines);
    assert.match(said, /passkey-made/);
    assert.ok(!said.includes(visitor.token) && !said.includes(challenge));
  });

  test("a link makes one passkey", async (t) => {
    const world = await open(t);
    const { desk } = world;
    const visitor = await linkFor(world, ALICE);
    const asked = await Promise.all([desk.askToRegister(visitor), desk.askToRegister(visitor)]);
    const both = asked.map((one) => desk.register(visitor, new PasskeyDevice(PARTY).attest(value(one).challenge)));
    const made = await Promise.all(both);
    assert.equal(made.filter(({ ok }) => ok).length, 1);
    check(await desk.askToRegister(visitor), "link-used");
    check(await desk.register(visitor, new PasskeyDevice(PARTY).attest("abc")), "link-used");
    assert.equal((await world.store.listPasskeys(1)).length, 1);
  });

  test("a link that is over, that nobody made, or of a closed account: nobody hears which, and guesses are told", async (t) => {
    const world = await open(t);
    const { desk, clock, store, guesses } = world;
    const visitor = await linkFor(world, ALICE);
    const device = new PasskeyDevice(PARTY);
    const { challenge } = value(await desk.askToRegister(visitor));
    const answer = device.attest(challenge);
    const refuseAll = async (who: PasskeyVisitor) => {
      check(await desk.open(who), "no-such-link");
      check(await desk.askToRegister(who), "no-such-link");
      check(await desk.register(who, answer), "no-such-link");
      check(await desk.askToLogIn(who), "no-such-link");
      check(await desk.logIn(who, device.answer(challenge)), "no-such-link");
    };
    await store.updateAccount(1, { enabled: false });
    await refuseAll(visitor);
    assert.equal(guesses.length, 0);
    await store.updateAccount(1, { enabled: true });
    await refuseAll({ ...visitor, token: "another" });
    assert.equal(guesses.length, 5);
    clock.advance(15 * MINUTE_MS + 1);
    await refuseAll(visitor);
    assert.deepEqual(new Set(guesses), new Set(["198.51.100.7"]));
    assert.equal(guesses.length, 10);
    assert.deepEqual(await store.listPasskeys(1), []);
  });

  test("who has guessed too often waits, with a right link too", async (t) => {
    const world = await open(t, () => false);
    check(await world.desk.open(await linkFor(world, ALICE)), "must-wait");
  });

  test("refused: an answer a second time, right or wrong the first time", async (t) => {
    const { desk, device, visitor } = await enrolled(await open(t));
    const first = value(await desk.askToLogIn(visitor));
    const answer = device.answer(first.challenge);
    assert.ok((await desk.logIn(visitor, answer)).ok);
    check(await desk.logIn(visitor, answer), "no-challenge");
    const second = value(await desk.askToLogIn(visitor));
    check(await desk.logIn(visitor, device.answer(second.challenge, { flags: 1 })), "wrong-answer");
    check(await desk.logIn(visitor, device.answer(second.challenge)), "no-challenge");
  });

  test("refused: a registration a second time, with another link of the account", async (t) => {
    const world = await open(t);
    const { desk } = world;
    const [first, second] = [await linkFor(world, ALICE), await linkFor(world, ALICE, "laptop")];
    const { challenge } = value(await desk.askToRegister(first));
    assert.ok((await desk.register(first, new PasskeyDevice(PARTY).attest(challenge))).ok);
    check(await desk.register(second, new PasskeyDevice(PARTY).attest(challenge)), "no-challenge");
  });

  test("refused: too late", async (t) => {
    const { desk, clock, device, visitor } = await enrolled(await open(t));
    const { challenge } = value(await desk.askToLogIn(visitor));
    clock.advance(5 * MINUTE_MS + 1);
    check(await desk.logIn(visitor, device.answer(challenge)), "no-challenge");
  });

  test("refused: what was asked for another account or another purpose, and a challenge that nobody asked", async (t) => {
    const world = await open(t);
    const { desk, device, visitor } = await enrolled(world);
    const bob = await linkFor(world, BOB);
    const { challenge } = value(await desk.askToLogIn(visitor));
    check(await desk.logIn(bob, device.answer(challenge)), "no-challenge");
    check(await desk.register(bob, new PasskeyDevice(PARTY).attest(challenge)), "no-challenge");
    const registering = value(await desk.askToRegister(await linkFor(world, ALICE, "laptop")));
    check(await desk.logIn(visitor, device.answer(registering.challenge)), "no-challenge");
    check(await desk.logIn(visitor, device.answer(Buffer.alloc(32).toString("base64url"))), "no-challenge");
  });

  test("refused: the passkey of another account", async (t) => {
    const world = await open(t);
    const { desk, device } = await enrolled(world);
    const bob = await linkFor(world, BOB, "key");
    const bobs = new PasskeyDevice(PARTY);
    const { challenge } = value(await desk.askToRegister(bob));
    assert.ok((await desk.register(bob, bobs.attest(challenge))).ok);
    const asked = value(await desk.askToLogIn(bob));
    assert.deepEqual(
      asked.allowCredentials?.map(({ id }) => id),
      [bobs.id],
    );
    check(await desk.logIn(bob, device.answer(asked.challenge)), "no-such-passkey");
    const again = await linkFor(world, BOB, "a copy");
    const copied = device.attest(value(await desk.askToRegister(again)).challenge);
    check(await desk.register(again, copied), "passkey-exists");
  });

  test("refused: a counter that stands still or goes back, as that of a copy does; it is in the log", async (t) => {
    const world = await open(t);
    const { desk, device, visitor, log } = await enrolled(world);
    const logIn = async (counter: number) => {
      const { challenge } = value(await desk.askToLogIn(visitor));
      return desk.logIn(visitor, device.answer(challenge, { counter }));
    };
    assert.ok((await logIn(5)).ok);
    for (const counter of [5, 4, 0]) check(await logIn(counter), "counter-went-back");
    assert.equal((await passkeyOf(world)).counter, 5);
    assert.ok(log.lines.some(({ level, event }) => level === "warn" && event === "passkey-refused"));
    assert.ok((await logIn(6)).ok);
  });

  test("one that counts nothing says 0 each time", async (t) => {
    const { desk, device, visitor } = await enrolled(await open(t));
    for (let time = 0; time < 2; time++) {
      const { challenge } = value(await desk.askToLogIn(visitor));
      assert.ok((await desk.logIn(visitor, device.answer(challenge, { counter: 0 }))).ok);
    }
  });

  test("one that was removed logs in no more, asked before or after", async (t) => {
    const world = await open(t);
    const { desk, device, visitor, administration } = await enrolled(world);
    const { challenge } = value(await desk.askToLogIn(visitor));
    assert.deepEqual(value(await removePasskey(administration, ALICE, "1")), { name: "phone" });
    check(await desk.logIn(visitor, device.answer(challenge)), "no-such-passkey");
    check(await desk.askToLogIn(visitor), "no-such-passkey");
  });
});

suite("links for passkeys", () => {
  test("the token stands behind # alone, is no token twice, and lies nowhere in the store", async (t) => {
    const { administration, store } = await open(t);
    const made = [];
    for (let time = 0; time < 2; time++) {
      made.push(value(await addPasskeyLink(administration, PARTY, { address: ALICE, name: undefined })));
    }
    const tokens = made.map(({ url }) => /^https:\/\/mx1\.example\.test\/passkey#([\w-]{43})$/.exec(url)?.[1]);
    assert.equal(new Set(tokens).size, 2);
    assert.ok(!tokens.includes(undefined));
    assert.ok(!JSON.stringify(await store.listPasskeyLinks(1)).includes(tokens[0] ?? "none"));
    assert.equal(await store.findPasskeyLink(Buffer.from(tokens[0] ?? "")), undefined);
    assert.deepEqual(
      made.map(({ name }) => name),
      ["passkey 1", "passkey 2"],
    );
  });

  test("are listed until they are used or over, and removed by their name", async (t) => {
    const world = await open(t);
    const { administration, clock } = await enrolled(world);
    await linkFor(world, ALICE, "laptop");
    const listed = value(await listPasskeys(administration, ALICE));
    assert.deepEqual(
      listed.passkeys.map((one) => [one.id, one.name, one.lastUsedMs]),
      [[1, "phone", null]],
    );
    assert.ok(!Object.keys(listed.passkeys[0] ?? {}).includes("publicKey"));
    assert.deepEqual(
      listed.links.map(({ name }) => name),
      ["laptop"],
    );
    value(await removePasskey(administration, ALICE, "laptop"));
    check(await removePasskey(administration, ALICE, "laptop"), "no-such-passkey");
    await linkFor(world, ALICE, "tablet");
    clock.advance(15 * MINUTE_MS + 1);
    assert.deepEqual(value(await listPasskeys(administration, ALICE)).links, []);
  });

  test("are refused with a reason", async (t) => {
    const { administration, store } = await open(t);
    const add = (address: string, name?: string, party: typeof PARTY | undefined = PARTY) =>
      addPasskeyLink(administration, party, { address, name });
    check(await addPasskeyLink(administration, undefined, { address: ALICE, name: undefined }), "no-https");
    check(await add("nobody@example.test"), "no-such-account");
    check(await add("no address"), "bad-address");
    for (const name of ["", "  ", "12", "a\nb", "x".repeat(101)]) check(await add(ALICE, name), "bad-passkey-name");
    value(await add(ALICE, " phone "));
    check(await add(ALICE, "phone"), "passkey-name-taken");
    for (let more = 0; more < 9; more++) value(await add(ALICE));
    check(await add(ALICE), "too-many-passkeys");
    await store.updateAccount(2, { enabled: false });
    check(await add(BOB), "disabled");
  });
});

async function open(context: TestContext, mayTry: () => boolean = () => true) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const store = await openTemporaryStore(context, clock);
  for (const address of [ALICE, BOB]) await store.createAccount({ address, quotaOctets: null, nowMs: clock.now() });
  const random = new FakeRandom();
  const administration = { store, clock, random, domains: ["example.test"], scramHashes: [] };
  const guesses: string[] = [];
  const watch = { mayTry, failed: ({ remoteAddress }: { remoteAddress: string }) => void guesses.push(remoteAddress) };
  const desk = new PasskeyDesk({ store, clock, random, log, party: PARTY, watch });
  return { clock, log, store, administration, guesses, desk };
}

type World = Awaited<ReturnType<typeof open>>;

async function linkFor({ administration }: World, address: string, name = "phone"): Promise<PasskeyVisitor> {
  const { url } = value(await addPasskeyLink(administration, PARTY, { address, name }));
  return { token: url.split("#")[1] ?? "", remoteAddress: "198.51.100.7" };
}

async function enrolled(world: World) {
  const visitor = await linkFor(world, ALICE);
  const device = new PasskeyDevice(PARTY);
  const { challenge } = value(await world.desk.askToRegister(visitor));
  assert.deepEqual(value(await world.desk.register(visitor, device.attest(challenge))), { name: "phone" });
  return { ...world, device, visitor };
}

async function passkeyOf({ store }: World) {
  const [passkey] = await store.listPasskeys(1);
  assert.ok(passkey);
  return passkey;
}

function value<Value>(result: Result<Value, string>): Value {
  assert.ok(result.ok, result.ok ? "" : result.problem);
  return result.value;
}

function check(result: unknown, problem: string): void {
  assert.deepEqual(result, { ok: false, problem });
}
