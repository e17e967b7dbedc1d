/** The administrator's sender lists, and whom accounts have written to. */
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { CorrespondentRow, SenderRow } from "../../sender-row.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

export function senderReads(
  db: Database,
): Pick<ReaderOperations, "listSenders" | "findCorrespondents" | "countCorrespondents"> {
  return {
    listSenders: async () =>
      db
        .all<SenderRow & Record<string, unknown>>(
          "SELECT subject, scope, kind, note, since_ms AS sinceMs FROM sender_list ORDER BY subject, scope",
        )
        .map((row) => ({ ...row })),
    async findCorrespondents(accountIds, addresses) {
      if (accountIds.length * addresses.length > ROWS_PER_CALL_MAX * 2) throw new RangeError("too many in a call");
      const sql = `SELECT account_id AS accountId, address, last_ms AS lastMs FROM correspondent
        WHERE account_id = ? AND address = ?`;
      return accountIds.flatMap((accountId) =>
        addresses.flatMap((address) => {
          const row = db.get<CorrespondentRow & Record<string, unknown>>(sql, accountId, address);
          return row === undefined ? [] : [{ ...row }];
        }),
      );
    },
    countCorrespondents: async (accountId) =>
      db.number("SELECT count(*) FROM correspondent WHERE account_id = ?", accountId),
  };
}
