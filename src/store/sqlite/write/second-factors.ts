/** Second factors, as the writer changes them: a step or a code is looked up and used up in the same transaction. */
import { failed, ok } from "#mail/result.ts";
import { TOTP_ATTEMPT_MS, TOTP_ATTEMPTS_MAX } from "../../limits.ts";
import type { AccountId } from "../../store.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

type SecondFactorMethod =
  | "putTotp"
  | "claimTotpAttempt"
  | "takeTotpStep"
  | "confirmTotp"
  | "takeRecoveryCode"
  | "removeTotp";

export function secondFactorOperations(context: WriteContext): Pick<WriterOperations, SecondFactorMethod> {
  const { db, ledger } = context;
  return {
    putTotp({ accountId, secret, createdAtMs }) {
      if (!ledger.hasAccount(accountId)) throw new Error(`TOTP for account ${accountId}, which does not exist`);
      const active = db.get("SELECT 1 FROM totp WHERE account_id = ? AND confirmed_at_ms IS NOT NULL", accountId);
      if (active !== undefined) return failed("totp-active");
      const tried = attemptsFreeAtMs(context, "account_id", accountId);
      forgetTotp(context, accountId);
      // A new secret gives no new attempts.
      const values = [accountId, secret, createdAtMs, tried ?? 0] as const;
      db.insert(
        "INSERT INTO totp (account_id, secret, created_at_ms, attempts_free_at_ms) VALUES (?, ?, ?, ?)",
        ...values,
      );
      return ok(undefined);
    },
    claimTotpAttempt(id, nowMs) {
      const known = attemptsFreeAtMs(context, "id", id) ?? 0;
      // A clock that was put back makes nobody wait longer than all attempts take.
      const freeAtMs = Math.min(Math.max(known, nowMs), nowMs + TOTP_ATTEMPTS_MAX * TOTP_ATTEMPT_MS);
      const waitMs = freeAtMs - nowMs - (TOTP_ATTEMPTS_MAX - 1) * TOTP_ATTEMPT_MS;
      if (waitMs > 0) return waitMs;
      db.run("UPDATE totp SET attempts_free_at_ms = ? WHERE id = ?", freeAtMs + TOTP_ATTEMPT_MS, id);
      return 0;
    },
    takeTotpStep: (id, step) =>
      db.run(
        `UPDATE totp SET last_step = ?1, attempts_free_at_ms = 0
         WHERE id = ?2 AND last_step < ?1 AND confirmed_at_ms IS NOT NULL`,
        step,
        id,
      ) > 0,
    confirmTotp(id, { step, hashes, nowMs }) {
      const confirmed = db.run(
        `UPDATE totp SET last_step = ?, confirmed_at_ms = ?, attempts_free_at_ms = 0
         WHERE id = ? AND confirmed_at_ms IS NULL`,
        step,
        nowMs,
        id,
      );
      if (confirmed === 0) return false;
      for (const hash of hashes) db.insert("INSERT INTO recovery_code (totp_id, hash) VALUES (?, ?)", id, hash);
      return true;
    },
    takeRecoveryCode: (id, codeId) => db.run("DELETE FROM recovery_code WHERE totp_id = ? AND id = ?", id, codeId) > 0,
    removeTotp: (accountId) => (forgetTotp(context, accountId) ? ok(undefined) : failed("no-totp")),
  };
}

/** False: there was none. */
export function forgetTotp({ db }: WriteContext, accountId: AccountId): boolean {
  db.run("DELETE FROM recovery_code WHERE totp_id IN (SELECT id FROM totp WHERE account_id = ?)", accountId);
  return db.run("DELETE FROM totp WHERE account_id = ?", accountId) > 0;
}

function attemptsFreeAtMs({ db }: WriteContext, column: "id" | "account_id", value: number): number | undefined {
  return db.get<{ atMs: number }>(`SELECT attempts_free_at_ms AS atMs FROM totp WHERE ${column} = ?`, value)?.atMs;
}
