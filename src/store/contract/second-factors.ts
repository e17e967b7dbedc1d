import assert from "node:assert/strict";
import { TOTP_ATTEMPT_MS, TOTP_ATTEMPTS_MAX } from "../limits.ts";
import type { TotpRow } from "../second-factor-store.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { someAccount } from "./messages-for-tests.ts";

const NOW_MS = 1_795_000_000_000;
const SECRET = new Uint8Array([1, 2, 3]);

export const secondFactorContract: ContractTests = {
  "TOTP is replaced until it is confirmed, and then is not": async (store) => {
    const { account } = await someAccount(store);
    assert.equal(await store.findTotp(account.id), undefined);
    const first = await put(store, account.id);
    assert.deepEqual(
      [first.accountId, [...first.secret], first.createdAtMs, first.confirmedAtMs, first.recoveryCodes],
      [account.id, [1, 2, 3], NOW_MS, null, []],
    );
    assert.equal(await store.takeTotpStep(first.id, 7), false, "it does not count yet");
    const second = await put(store, account.id);
    assert.equal(await store.confirmTotp(first.id, { step: 7, hashes: [], nowMs: NOW_MS }), false);
    assert.equal(await store.confirmTotp(second.id, { step: 7, hashes: ["a", "b"], nowMs: NOW_MS }), true);
    assert.equal(await store.confirmTotp(second.id, { step: 8, hashes: ["c"], nowMs: NOW_MS }), false);
    const again = await store.putTotp({ accountId: account.id, secret: SECRET, createdAtMs: NOW_MS });
    assert.deepEqual(again, { ok: false, problem: "totp-active" });
    const found = await store.findTotp(account.id);
    assert.equal(found?.confirmedAtMs, NOW_MS);
    assert.deepEqual(
      found.recoveryCodes.map(({ hash }) => hash),
      ["a", "b"],
    );
  },

  "a step is taken once, whoever is first, and no earlier one after it": async (store) => {
    const totp = await confirmed(store, []);
    assert.equal(await store.takeTotpStep(totp.id, 7), false, "the step of the first code");
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.takeTotpStep(totp.id, 9)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal(await store.takeTotpStep(totp.id, 8), false);
    assert.equal(await store.takeTotpStep(totp.id, 10), true);
  },

  "a recovery code is taken once, and by its own account": async (store) => {
    const totp = await confirmed(store, ["a", "b"]);
    const [code] = totp.recoveryCodes;
    assert.ok(code);
    assert.equal(await store.takeRecoveryCode(totp.id + 1, code.id), false);
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.takeRecoveryCode(totp.id, code.id)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal((await store.findTotp(totp.accountId))?.recoveryCodes.length, 1);
  },

  "attempts are bounded, come back with time, and all at once with a right code": async (store) => {
    const { id } = await confirmed(store, []);
    const waits = await Promise.all(
      Array.from({ length: TOTP_ATTEMPTS_MAX + 2 }, () => store.claimTotpAttempt(id, NOW_MS)),
    );
    assert.deepEqual(waits, [0, 0, 0, 0, 0, TOTP_ATTEMPT_MS, TOTP_ATTEMPT_MS]);
    assert.equal(await store.claimTotpAttempt(id, NOW_MS + TOTP_ATTEMPT_MS - 1), 1);
    assert.equal(await store.claimTotpAttempt(id, NOW_MS + TOTP_ATTEMPT_MS), 0);
    assert.equal(await store.claimTotpAttempt(id, NOW_MS + TOTP_ATTEMPT_MS), TOTP_ATTEMPT_MS);
    assert.equal(await store.claimTotpAttempt(id, NOW_MS - 1_000_000_000), TOTP_ATTEMPT_MS, "the clock was put back");
    assert.equal(await store.takeTotpStep(id, 8), true);
    assert.equal(await store.claimTotpAttempt(id, NOW_MS + TOTP_ATTEMPT_MS), 0);
  },

  "a new secret that nobody confirmed brings no new attempts": async (store) => {
    const { account } = await someAccount(store);
    const first = await put(store, account.id);
    for (let tried = 0; tried < TOTP_ATTEMPTS_MAX; tried++) await store.claimTotpAttempt(first.id, NOW_MS);
    assert.equal(await store.claimTotpAttempt((await put(store, account.id)).id, NOW_MS), TOTP_ATTEMPT_MS);
  },

  "TOTP goes with its codes, and with its account": async (store) => {
    const totp = await confirmed(store, ["a"]);
    assert.deepEqual(await store.removeTotp(totp.accountId), { ok: true, value: undefined });
    assert.deepEqual(await store.removeTotp(totp.accountId), { ok: false, problem: "no-totp" });
    assert.equal(await store.takeRecoveryCode(totp.id, totp.recoveryCodes[0]?.id ?? 0), false);
    const next = await put(store, totp.accountId);
    assert.notEqual(next.id, totp.id);
    await store.removeAccount(totp.accountId);
    assert.equal(await store.findTotp(totp.accountId), undefined);
  },
};

async function put(store: Store, accountId: number): Promise<TotpRow> {
  assert.ok((await store.putTotp({ accountId, secret: SECRET, createdAtMs: NOW_MS })).ok);
  const totp = await store.findTotp(accountId);
  assert.ok(totp);
  return totp;
}

/** With a first code of step 7. */
async function confirmed(store: Store, hashes: readonly string[]): Promise<TotpRow> {
  const { account } = await someAccount(store);
  const { id } = await put(store, account.id);
  assert.ok(await store.confirmTotp(id, { step: 7, hashes, nowMs: NOW_MS }));
  const totp = await store.findTotp(account.id);
  assert.ok(totp);
  return totp;
}
