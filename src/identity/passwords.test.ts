import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { FakeRandom } from "../../test/fakes/random.ts";
import { generatePassword, isGeneratedPassword } from "./generate-password.ts";
import { hashGeneratedPassword, hashPassword, unmatchableHash, verifyPasswordHash } from "./password-hash.ts";
import { checkPasswordRules, type PasswordProblem } from "./password-rules.ts";
import { passwordForms } from "./prepare-password.ts";

suite("password rules (R10)", () => {
  const address = "carol.smith@example.test";
  const rule = (password: string, expected: PasswordProblem | undefined): void => {
    test(`${JSON.stringify(password.slice(0, 40))}: ${expected ?? "taken"}`, () =>
      assert.equal(checkPasswordRules(password, address), expected));
  };
  rule("", "too-short");
  rule("Kx7!pQz", "too-short");
  rule("\u{1f600}\u{1f680}", "too-short");
  rule("pa§s€ü", undefined);
  rule("x7Kd".repeat(300), "too-long");
  rule("with\0a NUL", "not-text");
  rule("\ud800 lone surrogate", "not-text");
  rule("carol.smith", "like-the-user-name");
  rule("CAROL.SMITH@example.test", "like-the-user-name");
  rule("1Carol.Smith!", "like-the-user-name");
  for (const password of [
    "password",
    "P@ssw0rd!",
    "Summer2025!",
    "12345678",
    "1234567890123",
    "19850412",
    "qwertyuiop",
  ]) {
    rule(password, "common");
  }
  for (const password of [
    "1q2w3e4r",
    "aaaaaaaaaa",
    "abababababab",
    "test1test1",
    "!!welcome!!",
    "letmein123",
    "Trustno1",
  ]) {
    rule(password, "common");
  }
  for (const password of ["correct horse battery", "mPz-4kd+vR", "Grünkohl mit Pinkel", "hunter of the snark"]) {
    rule(password, undefined);
  }
  test("generated passwords are taken", () => {
    const random = new FakeRandom();
    for (let i = 0; i < 100; i++) assert.equal(checkPasswordRules(generatePassword(random), address), undefined);
  });
  test("no text throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (password, name) => {
        checkPasswordRules(password, name);
      }),
      { numRuns: 300 },
    );
  });
});

suite("generated passwords", () => {
  test("are readable, and of 100 bits: all of 32 characters come up", () => {
    const random = new FakeRandom();
    const passwords = Array.from({ length: 200 }, () => generatePassword(random));
    assert.ok(passwords.every(isGeneratedPassword));
    assert.equal(new Set(passwords.join("").replaceAll("-", "")).size, 32);
    assert.equal(new Set(passwords).size, 200);
    assert.doesNotMatch(passwords.join(""), /[ilou]/);
  });
});

suite("password hashes", () => {
  test("open for the password alone, in any normal form", async () => {
    const phc = await hashPassword("pa§s€ü", new FakeRandom());
    assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await verifyPasswordHash(phc, passwordForms("pa§s€ü".normalize("NFD"))), true);
    assert.equal(await verifyPasswordHash(phc, passwordForms("pa§s€u")), false);
  });
  test("open in any normal form where SASLprep prohibits a character, too", async () => {
    const phc = await hashPassword("bell\u0007 pa§s€ü".normalize("NFD"), new FakeRandom());
    assert.equal(await verifyPasswordHash(phc, passwordForms("bell\u0007 pa§s€ü".normalize("NFC"))), true);
  });
  test("have a salt of their own", async () => {
    const random = new FakeRandom();
    assert.notEqual(await hashPassword("same password", random), await hashPassword("same password", random));
  });
  test("the hash of no password costs what a real one costs, and opens for none", async () => {
    const random = new FakeRandom();
    const unmatchable = unmatchableHash(random);
    const real = await hashPassword("some password", random);
    assert.equal(unmatchable.split("$").slice(0, 4).join("$"), real.split("$").slice(0, 4).join("$"));
    assert.equal(await verifyPasswordHash(unmatchable, ["some password"]), false);
  });
  test("a password that a person chose is never hashed at the low cost of a generated one", async () => {
    const random = new FakeRandom();
    await assert.rejects(hashGeneratedPassword("some password", random));
    const password = generatePassword(random);
    assert.equal(await verifyPasswordHash(await hashGeneratedPassword(password, random), [password]), true);
  });
  for (const password of ["", "a\0b", "\ud800", "x".repeat(1025)]) {
    test(`are not made of ${JSON.stringify(password.slice(0, 10))}`, () =>
      assert.rejects(hashPassword(password, new FakeRandom())));
  }
});
