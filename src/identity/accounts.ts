/**
 * What an operator does to accounts, over the store: each function checks, does one thing and answers with the value or
 * the problem. The command line and the admin API only read arguments and print.
 */
import { canonicalAddress } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Account } from "#store/store.ts";
import {
  type Administration,
  findAccount,
  type NoAccount,
  type NotOurs,
  ownMailbox,
  putScramKeys,
} from "./administration.ts";
import { type AppPassword, appPasswordsOf, type PasswordState, passwordState } from "./app-passwords.ts";
import type { LoginProtocol } from "./authenticator.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPasswordRules, type PasswordProblem } from "./password-rules.ts";

export interface AccountDetails {
  readonly account: Account;
  /** Aliases that name the account as a target. */
  readonly aliases: readonly string[];
  /** The account's own; undefined: it has none. */
  readonly password: PasswordState | undefined;
  readonly appPasswords: readonly AppPassword[];
  /** Addresses elsewhere that it has written to. */
  readonly correspondents: number;
}

const ALL_SCOPES: readonly LoginProtocol[] = ["smtp", "imap", "pop3", "admin"];

export async function addAccount(
  administration: Administration,
  account: { readonly address: string; readonly password: string; readonly quotaOctets: number | null },
): Promise<Result<Account, NotOurs | PasswordProblem | "already-exists">> {
  const { store, clock, random } = administration;
  const mailbox = await ownMailbox(administration, account.address);
  if (!mailbox.ok) return mailbox;
  const address = canonicalAddress(mailbox.value);
  const problem = checkPasswordRules(account.password, address);
  if (problem !== undefined) return failed(problem);
  if ((await store.findAddress(address)) !== undefined) return failed("already-exists");
  // Hashed before the account is made: a failure leaves no account that nobody can log in to.
  const hash = await hashPassword(account.password, random);
  const created = await store.createAccount({ address, quotaOctets: account.quotaOctets, nowMs: clock.now() });
  if (!created.ok) return created;
  await putOwnPassword(administration, created.value.id, { password: account.password, hash });
  return created;
}

export async function listAccounts({ store }: Administration): Promise<readonly Account[]> {
  return store.listAccounts();
}

export async function showAccount(
  { store }: Administration,
  address: string,
): Promise<Result<AccountDetails, NoAccount>> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const credentials = await store.listCredentials(account.value.id);
  const keys = await store.listScramKeys(account.value.id);
  const aliases = await store.listAliases();
  return ok({
    account: account.value,
    aliases: aliases.filter(({ targets }) => targets.includes(account.value.address)).map((alias) => alias.address),
    password: credentials.filter(({ kind }) => kind === "password").map((own) => passwordState(own, keys))[0],
    appPasswords: appPasswordsOf(credentials, keys),
    correspondents: await store.countCorrespondents(account.value.id),
  });
}

export async function changePassword(
  administration: Administration,
  address: string,
  password: string,
): Promise<Result<Account, NoAccount | PasswordProblem>> {
  const account = await findAccount(administration.store, address);
  if (!account.ok) return account;
  const problem = checkPasswordRules(password, account.value.address);
  if (problem !== undefined) return failed(problem);
  const hash = await hashPassword(password, administration.random);
  await putOwnPassword(administration, account.value.id, { password, hash });
  return account;
}

/** A disabled account keeps its mail and takes neither logins nor new mail. */
export async function setAccountEnabled(
  { store }: Administration,
  address: string,
  enabled: boolean,
): Promise<Result<Account, NoAccount>> {
  const account = await findAccount(store, address);
  return account.ok ? store.updateAccount(account.value.id, { enabled }) : account;
}

/** @param quotaOctets null: no limit. */
export async function setAccountQuota(
  { store }: Administration,
  address: string,
  quotaOctets: number | null,
): Promise<Result<Account, NoAccount>> {
  const account = await findAccount(store, address);
  return account.ok ? store.updateAccount(account.value.id, { quotaOctets }) : account;
}

/** Removes the account with all its mail, and its address from the aliases that name it. */
export async function removeAccount({ store }: Administration, address: string): Promise<Result<void, NoAccount>> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const removed = await store.removeAccount(account.value.id);
  if (!removed.ok) return removed;
  const own = account.value.address;
  for (const alias of await store.listAliases()) {
    if (!alias.targets.includes(own)) continue;
    const others = alias.targets.filter((target) => target !== own);
    // Whoever gets the address next must not get the alias's mail with it.
    if (others.length > 0) await store.putAlias(alias.address, others);
    else await store.removeAlias(alias.address);
  }
  return removed;
}

async function putOwnPassword(
  administration: Administration,
  accountId: number,
  { password, hash }: { readonly password: string; readonly hash: string },
): Promise<void> {
  const { store, clock } = administration;
  const credential = await store.putCredential({
    accountId,
    kind: "password",
    label: "",
    hash,
    scopes: [...ALL_SCOPES],
    createdAtMs: clock.now(),
  });
  await putScramKeys(administration, credential, password);
}
