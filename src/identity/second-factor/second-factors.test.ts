import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { Result } from "#mail/result.ts";
import { openSqliteStore } from "#store/sqlite/open-sqlite-store.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { addTotp, confirmTotp, removeTotp, type SecondFactors, showTotp, takeSecondFactor } from "./second-factors.ts";
import { base32, totpCode, totpStep } from "./totp.ts";

const ALICE = "alice@example.test";
const STEP_MS = 30_000;

suite("second factors", () => {
  test("TOTP counts once a first code is entered; the secret is nowhere in the store", async (t) => {
    const { factors, code } = await open(t);
    const { uri, secret } = value(await addTotp(factors, ALICE, "mx1.example.test"));
    assert.equal(uri, `otpauth://totp/mx1.example.test:alice%40example.test?secret=${secret}&issuer=mx1.example.test`);
    assert.match(secret, /^[A-Z2-7]{32}$/);
    const stored = await factors.store.findTotp(1);
    assert.ok(!base32(stored?.secret ?? new Uint8Array()).includes(secret));
    assert.equal(value(await showTotp(factors, ALICE)).state, "to-be-confirmed");
    check(await takeSecondFactor(factors, ALICE, code(secret)), "no-totp");
    check(await confirmTotp(factors, ALICE, wrong(code(secret))), "wrong-code");
    const { recoveryCodes } = value(await confirmTotp(factors, ALICE, code(secret)));
    assert.equal(new Set(recoveryCodes).size, 10);
    check(await confirmTotp(factors, ALICE, code(secret)), "totp-active");
    check(await addTotp(factors, ALICE, "mx1.example.test"), "totp-active");
    const shown = value(await showTotp(factors, ALICE));
    assert.deepEqual([shown.state, shown.recoveryCodesLeft], ["active", 10]);
    assert.deepEqual(Object.keys(shown), ["state", "sinceMs", "recoveryCodesLeft"]);
  });

  test("a code is taken once: not the first one again, not twice at the same time", async (t) => {
    const { factors, clock, code, secret } = await active(t);
    check(await takeSecondFactor(factors, ALICE, code(secret)), "code-used");
    clock.advance(STEP_MS);
    const spaced = code(secret).replace(/^.../, "$& ");
    const both = await Promise.all([spaced, spaced].map((typed) => takeSecondFactor(factors, ALICE, typed)));
    assert.deepEqual(both.map((one) => (one.ok ? one.value.kind : one.problem)).toSorted(), ["code-used", "totp"]);
    check(await takeSecondFactor(factors, ALICE, code(secret, -1)), "code-used");
  });

  test("after five wrong codes a right one waits, too; recovery codes do not, and time ends it", async (t) => {
    const { factors, clock, code, secret, recoveryCodes } = await active(t);
    clock.advance(STEP_MS);
    for (let tried = 0; tried < 5; tried++) {
      check(await takeSecondFactor(factors, ALICE, wrong(code(secret))), "wrong-code");
    }
    check(await takeSecondFactor(factors, ALICE, code(secret)), "wait: 300 s");
    assert.equal(value(await takeSecondFactor(factors, ALICE, recoveryCodes[3] ?? "")).recoveryCodesLeft, 9);
    clock.advance(300_000);
    assert.equal(value(await takeSecondFactor(factors, ALICE, code(secret))).kind, "totp");
  });

  test("a recovery code is taken once, however it is typed", async (t) => {
    const { factors, recoveryCodes } = await active(t);
    const [first = ""] = recoveryCodes;
    const typed = ` ${first.toUpperCase()} `;
    const both = await Promise.all([typed, first].map((one) => takeSecondFactor(factors, ALICE, one)));
    assert.deepEqual(both.map((one) => (one.ok ? one.value.kind : one.problem)).toSorted(), [
      "recovery-code",
      "wrong-code",
    ]);
    check(await takeSecondFactor(factors, ALICE, first), "wrong-code");
    assert.equal(value(await showTotp(factors, ALICE)).recoveryCodesLeft, 9);
  });

  test("what was taken stays taken, and wrong codes stay counted, over a restart", async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), "postern-test-"));
    const clock = new FakeClock();
    const before = await openSqliteStore({ dataDir, clock });
    const { factors, code, secret, recoveryCodes } = await active(t, { clock, store: before });
    value(await takeSecondFactor(factors, ALICE, recoveryCodes[0] ?? ""));
    for (let tried = 0; tried < 3; tried++) await takeSecondFactor(factors, ALICE, wrong(code(secret)));
    await before.close();
    const store = await openSqliteStore({ dataDir, clock });
    t.after(async () => {
      await store.close();
      await rm(dataDir, { recursive: true });
    });
    const after = { ...factors, store };
    check(await takeSecondFactor(after, ALICE, recoveryCodes[0] ?? ""), "wrong-code");
    check(await takeSecondFactor(after, ALICE, code(secret)), "code-used");
    check(await takeSecondFactor(after, ALICE, wrong(code(secret))), "wrong-code");
    check(await takeSecondFactor(after, ALICE, code(secret, 1)), "wait: 300 s");
  });

  test("with another key nothing opens, and no attempt is counted", async (t) => {
    const { factors, clock, code, secret } = await active(t);
    clock.advance(STEP_MS);
    const other = { ...factors, sealKey: factors.random.bytes(32) };
    for (let tried = 0; tried < 6; tried++) check(await takeSecondFactor(other, ALICE, code(secret)), "seal-broken");
    assert.ok((await takeSecondFactor(factors, ALICE, code(secret))).ok);
  });

  test("it is removed with its recovery codes", async (t) => {
    const { factors, recoveryCodes } = await active(t);
    value(await removeTotp(factors, ALICE));
    check(await removeTotp(factors, ALICE), "no-totp");
    check(await takeSecondFactor(factors, ALICE, recoveryCodes[0] ?? ""), "no-totp");
    assert.equal(value(await showTotp(factors, ALICE)).state, "none");
    check(await addTotp(factors, "nobody@example.test", "x"), "no-such-account");
  });
});

interface Opened {
  readonly factors: SecondFactors;
  readonly clock: FakeClock;
  /** Of the step that runs, or one `away` from it. */
  readonly code: (secret: string, away?: number) => string;
}

async function open(
  t: TestContext,
  given: { clock?: FakeClock; store?: SecondFactors["store"] } = {},
): Promise<Opened> {
  const clock = given.clock ?? new FakeClock();
  const store = given.store ?? (await openTemporaryStore(t, clock));
  const random = new FakeRandom();
  await store.createAccount({ address: ALICE, quotaOctets: null, nowMs: clock.now() });
  return {
    factors: { store, clock, random, domains: ["example.test"], scramHashes: [], sealKey: random.bytes(32) },
    clock,
    code: (secret, away = 0) => totpCode(octetsOf(secret), totpStep(clock.now()) + away),
  };
}

async function active(
  t: TestContext,
  given?: Parameters<typeof open>[1],
): Promise<Opened & { readonly secret: string; readonly recoveryCodes: readonly string[] }> {
  const opened = await open(t, given);
  const { secret } = value(await addTotp(opened.factors, ALICE, "mx1.example.test"));
  const { recoveryCodes } = value(await confirmTotp(opened.factors, ALICE, opened.code(secret)));
  return { ...opened, secret, recoveryCodes };
}

function octetsOf(secret: string): Uint8Array {
  const bits = Array.from(secret, (letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  ).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

function wrong(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, "0");
}

function value<T>(result: Result<T, string>): T {
  assert.ok(result.ok, result.ok ? "" : result.problem);
  return result.value;
}

function check(result: Result<unknown, string>, problem: string): void {
  assert.deepEqual(result, { ok: false, problem });
}
