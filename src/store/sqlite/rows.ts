/** Rows of small tables as the interface's values; what both halves read. */

import type { Credential } from "../credential-store.ts";
import type { StoredAlias } from "../directory-rows.ts";
import type { Account, AccountId, Folder, SpecialUse } from "../store.ts";
import type { Database } from "./database.ts";

type Row = Record<string, unknown>;

interface AccountRow extends Row {
  id: number;
  address: string;
  enabled: number;
  quotaOctets: number | null;
  usedOctets: number;
  usedMessages: number;
  createdAtMs: number;
}

interface FolderRow extends Row {
  id: number;
  name: string;
  specialUse: SpecialUse | null;
  subscribed: number;
  uidValidity: number;
  uidNext: number;
  highestModSeq: number;
  messages: number;
  unseen: number;
  deleted: number;
  recent: number;
  sizeOctets: number;
}

interface CredentialRow extends Row {
  id: number;
  accountId: number;
  kind: Credential["kind"];
  label: string;
  hash: string;
  scopes: string;
  createdAtMs: number;
  exposedAtMs: number | null;
  lastUsedMs: number | null;
  lastAddress: string | null;
}

export interface AliasRow extends Record<string, unknown> {
  address: string;
  targets: string;
}

const SELECT_ACCOUNT = `SELECT id, address, enabled, quota_octets AS quotaOctets, used_octets AS usedOctets,
  used_messages AS usedMessages, created_at_ms AS createdAtMs FROM account`;
const SELECT_FOLDER = `SELECT id, name, special_use AS specialUse, uid_validity AS uidValidity, uid_next AS uidNext,
  highest_mod_seq AS highestModSeq, messages, unseen, deleted, recent, size_octets AS sizeOctets,
  EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = folder.account_id AND s.name = folder.name) AS subscribed
  FROM folder`;
const SELECT_CREDENTIAL = `SELECT id, account_id AS accountId, kind, label, hash, scopes, created_at_ms AS createdAtMs,
  exposed_at_ms AS exposedAtMs, last_used_ms AS lastUsedMs, last_address AS lastAddress FROM credential`;

export function accountById(db: Database, id: AccountId): Account | undefined {
  return toAccount(db, db.get<AccountRow>(`${SELECT_ACCOUNT} WHERE id = ?`, id));
}

export function accountByAddress(db: Database, address: string): Account | undefined {
  return toAccount(db, db.get<AccountRow>(`${SELECT_ACCOUNT} WHERE address = ?`, address));
}

export function allAccounts(db: Database): readonly Account[] {
  return db.all<AccountRow>(`${SELECT_ACCOUNT} ORDER BY address`).flatMap((row) => toAccount(db, row) ?? []);
}

export function folderByName(db: Database, accountId: AccountId, name: string): Folder | undefined {
  const row = db.get<FolderRow>(`${SELECT_FOLDER} WHERE account_id = ? AND name = ?`, accountId, name);
  return row === undefined ? undefined : toFolder(row);
}

export function allFolders(db: Database, accountId: AccountId): readonly Folder[] {
  return db.all<FolderRow>(`${SELECT_FOLDER} WHERE account_id = ? ORDER BY name`, accountId).map(toFolder);
}

export function credentialsOf(db: Database, accountId: AccountId): readonly Credential[] {
  return db.all<CredentialRow>(`${SELECT_CREDENTIAL} WHERE account_id = ? ORDER BY id`, accountId).map(toCredential);
}

export function credentialById(db: Database, id: number): Credential | undefined {
  const row = db.get<CredentialRow>(`${SELECT_CREDENTIAL} WHERE id = ?`, id);
  return row === undefined ? undefined : toCredential(row);
}

function toCredential(row: CredentialRow): Credential {
  return { ...row, scopes: JSON.parse(row.scopes) as Credential["scopes"] };
}

export function toAlias(db: Database, { address, targets }: AliasRow): StoredAlias {
  const enabled = !isDisabled(db, address) && !isDisabled(db, domainOf(address));
  return { address, targets: JSON.parse(targets) as string[], enabled };
}

function toAccount(db: Database, row: AccountRow | undefined): Account | undefined {
  if (row === undefined) return undefined;
  return { ...row, enabled: row.enabled === 1 && !isDisabled(db, domainOf(row.address)) };
}

function isDisabled(db: Database, name: string): boolean {
  return db.get("SELECT 1 FROM disabled WHERE name = ?", name) !== undefined;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

function toFolder(row: FolderRow): Folder {
  return { ...row, subscribed: row.subscribed === 1 };
}
