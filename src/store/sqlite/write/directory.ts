/** Accounts, aliases and domains, as the writer changes them. */
import { failed, ok } from "#mail/result.ts";
import type { Account, AccountId, SpecialUse } from "../../store.ts";
import { accountByAddress, accountById } from "../rows.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { dropFolder, insertFolder, SPECIAL_FOLDERS } from "./folder-rows.ts";
import { forgetPasskeys } from "./passkeys.ts";
import { forgetQuarantined } from "./quarantine.ts";
import { forgetTotp } from "./second-factors.ts";
import { forgetSenders } from "./senders.ts";

type DirectoryMethod =
  | "createAccount"
  | "updateAccount"
  | "removeAccount"
  | "putAlias"
  | "removeAlias"
  | "putDomain"
  | "removeDomain"
  | "setDisabled";

export function directoryOperations(context: WriteContext): Pick<WriterOperations, DirectoryMethod> {
  return { ...accountOperations(context), ...nameOperations(context) };
}

function accountOperations(
  context: WriteContext,
): Pick<WriterOperations, "createAccount" | "updateAccount" | "removeAccount"> {
  const { db, ledger, events } = context;
  return {
    createAccount({ address, quotaOctets, nowMs }) {
      const taken =
        accountByAddress(db, address) !== undefined ||
        db.get("SELECT 1 FROM alias WHERE address = ?", address) !== undefined;
      if (taken) return failed("already-exists");
      const id = db.insert(
        "INSERT INTO account (address, quota_octets, created_at_ms) VALUES (?, ?, ?)",
        address,
        quotaOctets,
        nowMs,
      );
      insertSubscribed(context, id, "INBOX", null);
      for (const [name, specialUse] of SPECIAL_FOLDERS) insertSubscribed(context, id, name, specialUse);
      events.directory();
      return ok(existing(context, id));
    },
    updateAccount(id, { enabled, quotaOctets }) {
      if (!ledger.hasAccount(id)) return failed("no-such-account");
      ledger.flush();
      if (enabled !== undefined) db.run("UPDATE account SET enabled = ? WHERE id = ?", enabled ? 1 : 0, id);
      if (quotaOctets !== undefined) db.run("UPDATE account SET quota_octets = ? WHERE id = ?", quotaOctets, id);
      ledger.forget();
      events.directory();
      return ok(existing(context, id));
    },
    removeAccount(id) {
      if (!ledger.hasAccount(id)) return failed("no-such-account");
      ledger.flush();
      forgetQuarantined(context, id);
      forgetSenders(context, id, existing(context, id).address);
      for (const folder of db.all<{ id: number }>("SELECT id FROM folder WHERE account_id = ?", id)) {
        dropFolder(context, folder.id);
      }
      db.run("DELETE FROM scram_key WHERE credential_id IN (SELECT id FROM credential WHERE account_id = ?)", id);
      forgetTotp(context, id);
      forgetPasskeys(context, id);
      for (const table of ["credential", "subscription", "keyword"]) {
        db.run(`DELETE FROM ${table} WHERE account_id = ?`, id);
      }
      db.run("DELETE FROM account WHERE id = ?", id);
      ledger.forget();
      events.directory();
      events.folders(id);
      return ok(undefined);
    },
  };
}

function nameOperations({
  db,
  events,
}: WriteContext): Pick<WriterOperations, "putAlias" | "removeAlias" | "putDomain" | "removeDomain" | "setDisabled"> {
  return {
    putAlias(address, targets) {
      if (accountByAddress(db, address) !== undefined) return failed("address-is-account");
      db.run("INSERT OR REPLACE INTO alias (address, targets) VALUES (?, ?)", address, JSON.stringify(targets));
      events.directory();
      return ok(undefined);
    },
    removeAlias(address) {
      if (db.run("DELETE FROM alias WHERE address = ?", address) === 0) return failed("no-such-alias");
      db.run("DELETE FROM disabled WHERE name = ?", address);
      events.directory();
      return ok(undefined);
    },
    putDomain({ name, role, createdAtMs }) {
      db.run("INSERT OR REPLACE INTO domain (name, role, created_at_ms) VALUES (?, ?, ?)", name, role, createdAtMs);
      events.directory();
    },
    removeDomain(name) {
      if (db.run("DELETE FROM domain WHERE name = ?", name) === 0) return failed("no-such-domain");
      db.run("DELETE FROM disabled WHERE name = ?", name);
      events.directory();
      return ok(undefined);
    },
    setDisabled(name, sinceMs) {
      if (sinceMs === null) db.run("DELETE FROM disabled WHERE name = ?", name);
      else db.run("INSERT OR IGNORE INTO disabled (name, since_ms) VALUES (?, ?)", name, sinceMs);
      events.directory();
    },
  };
}

function insertSubscribed(
  context: WriteContext,
  accountId: AccountId,
  name: string,
  specialUse: SpecialUse | null,
): void {
  insertFolder(context, accountId, name, specialUse);
  context.db.run("INSERT OR IGNORE INTO subscription (account_id, name) VALUES (?, ?)", accountId, name);
}

function existing({ db }: WriteContext, id: AccountId): Account {
  const account = accountById(db, id);
  if (account === undefined) throw new Error(`account ${id} is gone`);
  return account;
}
