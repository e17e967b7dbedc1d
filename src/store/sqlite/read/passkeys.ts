import type { PasskeyLinkRow, PasskeyRow } from "../../passkey-store.ts";
import type { AccountId } from "../../store.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

export function passkeyReads(
  db: Database,
): Pick<ReaderOperations, "listPasskeys" | "listPasskeyLinks" | "findPasskeyLink"> {
  return {
    listPasskeys: async (accountId) => passkeysOf(db, accountId),
    listPasskeyLinks: async (accountId) => passkeyLinksOf(db, accountId),
    findPasskeyLink: async (tokenHash) => {
      const row = db.get<LinkColumns>(`${LINKS} WHERE token_hash = ?`, tokenHash);
      return row === undefined ? undefined : linkOf(row);
    },
  };
}

export function passkeysOf(db: Database, accountId: AccountId): readonly PasskeyRow[] {
  return db
    .all<PasskeyColumns>(
      `SELECT id, account_id AS accountId, credential_id AS credentialId, public_key AS publicKey, counter, transports,
         is_backed_up AS isBackedUp, name, created_at_ms AS createdAtMs, last_used_ms AS lastUsedMs
       FROM passkey WHERE account_id = ? ORDER BY id`,
      accountId,
    )
    .map((row) => ({
      ...row,
      isBackedUp: row.isBackedUp !== 0,
      transports: JSON.parse(row.transports) as readonly string[],
    }));
}

export function passkeyLinksOf(db: Database, accountId: AccountId): readonly PasskeyLinkRow[] {
  return db.all<LinkColumns>(`${LINKS} WHERE account_id = ? ORDER BY id`, accountId).map(linkOf);
}

interface PasskeyColumns extends Omit<PasskeyRow, "transports" | "isBackedUp">, Record<string, unknown> {
  readonly transports: string;
  readonly isBackedUp: number;
}

interface LinkColumns extends Omit<PasskeyLinkRow, "isUsed">, Record<string, unknown> {
  readonly isUsed: number;
}

const LINKS = "SELECT id, account_id AS accountId, name, until_ms AS untilMs, is_used AS isUsed FROM passkey_link";

function linkOf(row: LinkColumns): PasskeyLinkRow {
  return { ...row, isUsed: row.isUsed !== 0 };
}
