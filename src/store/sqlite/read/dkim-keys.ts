import type { DkimKeyRow } from "../../dkim-key-row.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

const COLUMNS = `domain, selector, algorithm, private_key_pem AS privateKeyPem, state, created_at_ms AS createdAtMs,
  changed_at_ms AS changedAtMs`;

export function dkimKeyReads(db: Database): Pick<ReaderOperations, "listDkimKeys"> {
  return {
    listDkimKeys: async (domain) => {
      const sql = `SELECT ${COLUMNS} FROM dkim_key WHERE domain = ? ORDER BY selector`;
      return db.all<DkimKeyRow & Record<string, unknown>>(sql, domain).map((row) => ({ ...row }));
    },
  };
}
