/** Passwords and what is known of them, as the writer changes them. */
import { failed, ok } from "#mail/result.ts";
import { credentialById } from "../rows.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

type CredentialMethod =
  | "putCredential"
  | "removeCredential"
  | "putScramKeys"
  | "removeScramKeys"
  | "markExposed"
  | "noteCredentialUses";

export function credentialOperations({ db, ledger, events }: WriteContext): Pick<WriterOperations, CredentialMethod> {
  return {
    putCredential({ accountId, kind, label, hash, scopes, createdAtMs }) {
      if (!ledger.hasAccount(accountId)) throw new Error(`a credential for account ${accountId}, which does not exist`);
      if (kind === "password") {
        const old = db.get<{ id: number }>(
          "SELECT id FROM credential WHERE account_id = ? AND kind = ?",
          accountId,
          kind,
        );
        if (old !== undefined) dropCredential(db, old.id);
      }
      const id = db.insert(
        "INSERT INTO credential (account_id, kind, label, hash, scopes, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        accountId,
        kind,
        label,
        hash,
        JSON.stringify(scopes),
        createdAtMs,
      );
      events.directory();
      const credential = credentialById(db, id);
      if (credential === undefined) throw new Error(`credential ${id} is gone`);
      return credential;
    },
    removeCredential(accountId, id) {
      const found = db.get("SELECT 1 FROM credential WHERE account_id = ? AND id = ?", accountId, id);
      if (found === undefined) return failed("no-such-credential");
      dropCredential(db, id);
      events.directory();
      return ok(undefined);
    },
    putScramKeys(keys) {
      for (const { credentialId, hash, salt, iterations, storedKey, serverKey } of keys) {
        // The password may have been changed while its keys were worked out.
        if (credentialById(db, credentialId) === undefined) continue;
        db.run(
          `INSERT OR REPLACE INTO scram_key (credential_id, hash, salt, iterations, stored_key, server_key)
           VALUES (?, ?, ?, ?, ?, ?)`,
          credentialId,
          hash,
          salt,
          iterations,
          storedKey,
          serverKey,
        );
      }
    },
    removeScramKeys: (hashes) => {
      let removed = 0;
      for (const hash of hashes) removed += db.run("DELETE FROM scram_key WHERE hash = ?", hash);
      return removed;
    },
    markExposed: (id, atMs) =>
      credentialById(db, id)?.exposedAtMs === null &&
      db.run("UPDATE credential SET exposed_at_ms = ? WHERE id = ?", atMs, id) > 0,
    noteCredentialUses(uses) {
      const sql =
        "UPDATE credential SET last_used_ms = ?, last_address = ? WHERE id = ? AND coalesce(last_used_ms, 0) <= ?";
      for (const { credentialId, address, atMs } of uses) db.run(sql, atMs, address, credentialId, atMs);
    },
  };
}

function dropCredential(db: WriteContext["db"], id: number): void {
  db.run("DELETE FROM scram_key WHERE credential_id = ?", id);
  db.run("DELETE FROM credential WHERE id = ?", id);
}
