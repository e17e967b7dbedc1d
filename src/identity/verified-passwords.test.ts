import assert from "node:assert/strict";
import test from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { PASSWORD_OCTETS_MAX, USERNAME_CHARACTERS_MAX } from "./limits.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

const COMPOSED = "\u00e9";
const DECOMPOSED = "e\u0301";

function areOne(one: { username: string; password: string }, other: { username: string; password: string }): boolean {
  const verified = new VerifiedPasswords({ clock: new FakeClock(), random: new FakeRandom() });
  const rest = { protocol: "imap", remoteAddress: "192.0.2.1" } as const;
  return verified.fingerprint({ ...one, ...rest }) === verified.fingerprint({ ...other, ...rest });
}

test("a user name and a password are the same however they were composed", () => {
  assert.ok(areOne({ username: COMPOSED, password: DECOMPOSED }, { username: DECOMPOSED, password: COMPOSED }));
});

test("what is too long to be anybody's is not put into normal form, which takes the square of its marks", () => {
  const name = "x".repeat(USERNAME_CHARACTERS_MAX);
  assert.ok(!areOne({ username: name + COMPOSED, password: "p" }, { username: name + DECOMPOSED, password: "p" }));
  const password = "x".repeat(PASSWORD_OCTETS_MAX);
  assert.ok(
    !areOne({ username: "u", password: password + COMPOSED }, { username: "u", password: password + DECOMPOSED }),
  );
});
