/** Passkeys, as the writer changes them: a link, a challenge or a counter is looked up and used up in the same transaction. */
import { failed, ok } from "#mail/result.ts";
import { PASSKEY_CHALLENGES_PER_ACCOUNT_MAX, PASSKEYS_PER_ACCOUNT_MAX } from "../../limits.ts";
import type { AccountId } from "../../store.ts";
import { passkeyLinksOf, passkeysOf } from "../read/passkeys.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

type LinkMethod = "putPasskeyLink" | "putPasskeyChallenge" | "takePasskeyChallenge";
type PasskeyMethod = "putPasskey" | "notePasskeyUse" | "removePasskey";

export function passkeyOperations(context: WriteContext): Pick<WriterOperations, LinkMethod | PasskeyMethod> {
  return { ...linkOperations(context), ...ownOperations(context) };
}

function linkOperations({ db, ledger }: WriteContext): Pick<WriterOperations, LinkMethod> {
  return {
    putPasskeyLink({ accountId, tokenHash, name: wanted, nowMs, untilMs }) {
      if (!ledger.hasAccount(accountId)) throw new Error(`a link for account ${accountId}, which does not exist`);
      db.run("DELETE FROM passkey_link WHERE until_ms < ?", nowMs);
      const open = passkeyLinksOf(db, accountId).filter(({ isUsed }) => !isUsed);
      const names = [...passkeysOf(db, accountId), ...open].map(({ name }) => name);
      if (names.length >= PASSKEYS_PER_ACCOUNT_MAX) return failed("too-many-passkeys");
      const name = wanted ?? freeName(names);
      if (names.includes(name)) return failed("passkey-name-taken");
      const values = [accountId, tokenHash, name, untilMs] as const;
      const id = db.insert(
        "INSERT INTO passkey_link (account_id, token_hash, name, until_ms) VALUES (?, ?, ?, ?)",
        ...values,
      );
      return ok({ id, accountId, name, untilMs, isUsed: false });
    },
    putPasskeyChallenge({ accountId, purpose, challenge, nowMs, untilMs }) {
      if (!ledger.hasAccount(accountId)) return; // removed meanwhile: nobody can answer
      db.run("DELETE FROM passkey_challenge WHERE until_ms < ?", nowMs);
      db.insert(
        "INSERT INTO passkey_challenge (account_id, purpose, challenge, until_ms) VALUES (?, ?, ?, ?)",
        accountId,
        purpose,
        challenge,
        untilMs,
      );
      db.run(
        `DELETE FROM passkey_challenge WHERE account_id = ?1 AND id NOT IN
           (SELECT id FROM passkey_challenge WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2)`,
        accountId,
        PASSKEY_CHALLENGES_PER_ACCOUNT_MAX,
      );
    },
    takePasskeyChallenge({ accountId, purpose, challenge }, nowMs) {
      const taken = db.get<{ untilMs: number }>(
        `DELETE FROM passkey_challenge WHERE challenge = ? AND account_id = ? AND purpose = ?
         RETURNING until_ms AS untilMs`,
        challenge,
        accountId,
        purpose,
      );
      return taken !== undefined && taken.untilMs >= nowMs;
    },
  };
}

function ownOperations({ db }: WriteContext): Pick<WriterOperations, PasskeyMethod> {
  return {
    putPasskey(linkId, { credentialId, publicKey, counter, transports, isBackedUp }, nowMs) {
      if (db.get("SELECT 1 FROM passkey WHERE credential_id = ?", credentialId) !== undefined) {
        return failed("passkey-exists");
      }
      const link = db.get<{ accountId: number; name: string }>(
        `UPDATE passkey_link SET is_used = 1 WHERE id = ? AND is_used = 0 AND until_ms >= ?
         RETURNING account_id AS accountId, name`,
        linkId,
        nowMs,
      );
      if (link === undefined) return failed("no-such-link");
      const id = db.insert(
        `INSERT INTO passkey
           (account_id, credential_id, public_key, counter, transports, is_backed_up, name, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        link.accountId,
        credentialId,
        publicKey,
        counter,
        JSON.stringify(transports),
        isBackedUp ? 1 : 0,
        link.name,
        nowMs,
      );
      const said = { credentialId, publicKey, counter, transports, isBackedUp };
      return ok({ id, ...link, ...said, createdAtMs: nowMs, lastUsedMs: null });
    },
    notePasskeyUse(id, { counter, isBackedUp, nowMs }) {
      const noted = db.run(
        `UPDATE passkey SET counter = ?1, is_backed_up = ?2, last_used_ms = ?3
         WHERE id = ?4 AND (counter < ?1 OR (counter = 0 AND ?1 = 0))`,
        counter,
        isBackedUp ? 1 : 0,
        nowMs,
        id,
      );
      if (noted > 0) return ok(undefined);
      const isThere = db.get("SELECT 1 FROM passkey WHERE id = ?", id) !== undefined;
      return failed(isThere ? "counter-went-back" : "no-such-passkey");
    },
    removePasskey(accountId, which) {
      const [column, value] = "id" in which ? (["id", which.id] as const) : (["name", which.name] as const);
      const from = (table: string, where: string) =>
        db.get<{ name: string }>(
          `DELETE FROM ${table} WHERE account_id = ? AND ${where} = ? RETURNING name`,
          accountId,
          value,
        );
      const removed = from("passkey", column);
      if (removed !== undefined) return ok({ ...removed });
      const link = column === "name" ? from("passkey_link", "is_used = 0 AND name") : undefined;
      return link === undefined ? failed("no-such-passkey") : ok({ ...link });
    },
  };
}

/** With its links and open questions. */
export function forgetPasskeys({ db }: WriteContext, accountId: AccountId): void {
  for (const table of ["passkey", "passkey_link", "passkey_challenge"]) {
    db.run(`DELETE FROM ${table} WHERE account_id = ?`, accountId);
  }
}

function freeName(taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`passkey ${number}`)) number++;
  return `passkey ${number}`;
}
