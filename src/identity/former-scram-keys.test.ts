import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ALICE, type LoginWorld, openLoginWorld, PASSWORD } from "../../test/fakes/login-world.ts";
import { changePassword } from "./accounts.ts";
import { addAppPassword, revokeAppPassword } from "./app-passwords.ts";
import type { LoginWatch } from "./authenticator.ts";

const NEW = "two herons, 1 pond";
const DAY_MS = 24 * 60 * 60_000;

suite("passwords that were right until lately, over SCRAM", () => {
  test("are refused and blamed on nobody for a day, then are one and the same guess each time", async (t) => {
    const { world, guesses } = await openWatched(t);
    await world.scram(ALICE, PASSWORD);
    assert.ok((await changePassword(world, ALICE, NEW)).ok);
    assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    world.clock.advance(DAY_MS - 1);
    assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    assert.deepEqual(guesses, []);
    world.clock.advance(1);
    for (let times = 0; times < 3; times++) assert.equal(await world.scram(ALICE, PASSWORD), "refused");
    assert.deepEqual([guesses.length, new Set(guesses).size], [3, 1]);
  });

  test("so is an app password that was revoked", async (t) => {
    const { world, guesses } = await openWatched(t);
    const made = await addAppPassword(world, ALICE, { label: "phone", scopes: ["imap"] });
    assert.ok(made.ok);
    await world.scram(ALICE, made.value.password);
    assert.ok((await revokeAppPassword(world, ALICE, made.value.appPassword.id)).ok);
    assert.equal(await world.scram(ALICE, made.value.password), "refused");
    assert.deepEqual(guesses, []);
  });

  test("others are guesses, each another one: nobody sees whether they are the same", async (t) => {
    const { world, guesses } = await openWatched(t);
    await world.scram(ALICE, PASSWORD);
    assert.ok((await changePassword(world, ALICE, NEW)).ok);
    for (let times = 0; times < 3; times++) await world.scram(ALICE, "a guess");
    assert.deepEqual([guesses.length, new Set(guesses).size], [3, 3]);
  });

  test("a password that is set again opens again", async (t) => {
    const { world, guesses } = await openWatched(t);
    for (const password of [NEW, PASSWORD]) {
      await world.scram(ALICE, "a guess");
      assert.ok((await changePassword(world, ALICE, password)).ok);
    }
    assert.equal(await world.scram(ALICE, PASSWORD), ALICE);
    assert.equal(await world.scram(ALICE, NEW), "refused");
    assert.equal(guesses.length, 2);
  });

  test("names have as many of them, whether they are somebody's or not, and of a few changes the last are known", async (t) => {
    const { world, guesses } = await openWatched(t);
    for (let change = 0; change < 6; change++) {
      await world.scram(ALICE, "a guess");
      assert.ok((await changePassword(world, ALICE, `${NEW} ${change}`)).ok);
    }
    guesses.length = 0;
    world.answers.length = 0;
    for (const name of [ALICE, "nobody@example.test"]) await world.scram(name, `${NEW} 4`);
    assert.deepEqual(formerKeysTold(world), [4, 4]);
    assert.equal(guesses.length, 1, "the name that is nobody's");
    // The one before the last four.
    await world.scram(ALICE, PASSWORD);
    assert.equal(guesses.length, 2);
  });
});

function formerKeysTold({ answers }: LoginWorld): readonly (number | undefined)[] {
  return answers.flatMap((answer) => (answer.kind === "scram-keys" ? [answer.formerKeys?.length] : []));
}

/** Alice's world, and what the watch is told of her guesses: the password it has to tell apart. */
async function openWatched(t: Parameters<typeof openLoginWorld>[0]) {
  const guesses: string[] = [];
  const watch: LoginWatch = {
    mayTry: () => true,
    succeeded: () => undefined,
    failed: ({ password }) => void guesses.push(password),
  };
  return { world: await openLoginWorld(t, { watch }), guesses };
}
