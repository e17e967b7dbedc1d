import type { ScramKeyRow } from "../../scram-key-row.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

const KEYS = `SELECT credential_id AS credentialId, scram_key.hash, salt, iterations, stored_key AS storedKey,
  server_key AS serverKey FROM scram_key JOIN credential ON credential.id = credential_id
  WHERE account_id = ? ORDER BY credential_id, scram_key.hash`;

export function scramKeyReads(db: Database): Pick<ReaderOperations, "listScramKeys" | "readScramSalt"> {
  return {
    listScramKeys: async (accountId) =>
      db.all<ScramKeyRow & Record<string, unknown>>(KEYS, accountId).map((row) => ({ ...row })),
    readScramSalt: async () => {
      const row = db.get<{ octets: Uint8Array }>("SELECT octets FROM secret WHERE name = 'scram-salt'");
      if (row === undefined) throw new Error("the store has no salt for SCRAM");
      return row.octets;
    },
  };
}
