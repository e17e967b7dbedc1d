import type { TotpRow } from "../../second-factor-store.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

export function secondFactorReads(db: Database): Pick<ReaderOperations, "findTotp"> {
  return {
    findTotp: async (accountId) =>
      db.snapshot(() => {
        const totp = db.get<Omit<TotpRow, "recoveryCodes"> & Record<string, unknown>>(
          `SELECT id, account_id AS accountId, secret, created_at_ms AS createdAtMs, confirmed_at_ms AS confirmedAtMs
           FROM totp WHERE account_id = ?`,
          accountId,
        );
        if (totp === undefined) return undefined;
        const codes = db.all<{ id: number; hash: string }>(
          "SELECT id, hash FROM recovery_code WHERE totp_id = ? ORDER BY id",
          totp.id,
        );
        return { ...totp, recoveryCodes: codes.map((code) => ({ ...code })) };
      }),
  };
}
