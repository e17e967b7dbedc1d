/** What an operator does to app passwords, one a device; see `accounts.ts`. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { Credential } from "#store/store.ts";
import { type Administration, findAccount, type NoAccount } from "./administration.ts";
import type { LoginProtocol } from "./authenticator.ts";
import { generatePassword } from "./generate-password.ts";
import { APP_PASSWORDS_PER_ACCOUNT_MAX, LABEL_CHARACTERS_MAX } from "./limits.ts";
import { hashGeneratedPassword } from "./password-hash.ts";

export interface AppPassword {
  readonly id: number;
  readonly label: string;
  readonly scopes: readonly LoginProtocol[];
  readonly createdAtMs: number;
}

/** What a device needs; the admin pages ask for the account's own password. */
export const DEVICE_SCOPES: readonly LoginProtocol[] = ["smtp", "imap", "pop3"];

/** Makes one; `password` is shown this once and kept nowhere. */
export async function addAppPassword(
  { store, clock, random }: Administration,
  address: string,
  app: { readonly label: string; readonly scopes: readonly LoginProtocol[] },
): Promise<
  Result<
    { readonly password: string; readonly appPassword: AppPassword },
    NoAccount | "bad-label" | "no-scopes" | "too-many"
  >
> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const label = app.label.normalize("NFC").trim();
  if (label === "" || label.length > LABEL_CHARACTERS_MAX || /\p{Cc}/u.test(label)) return failed("bad-label");
  if (app.scopes.length === 0) return failed("no-scopes");
  const existing = appPasswordsOf(await store.listCredentials(account.value.id));
  if (existing.length >= APP_PASSWORDS_PER_ACCOUNT_MAX) return failed("too-many");
  const password = generatePassword(random);
  const credential = await store.putCredential({
    accountId: account.value.id,
    kind: "app-password",
    label,
    hash: await hashGeneratedPassword(password, random),
    scopes: [...new Set(app.scopes)],
    createdAtMs: clock.now(),
  });
  return ok({ password, appPassword: describe(credential) });
}

export async function listAppPasswords(
  { store }: Administration,
  address: string,
): Promise<Result<readonly AppPassword[], NoAccount>> {
  const account = await findAccount(store, address);
  return account.ok ? ok(appPasswordsOf(await store.listCredentials(account.value.id))) : account;
}

/** Never the account's own password, whatever the number. */
export async function revokeAppPassword(
  { store }: Administration,
  address: string,
  id: number,
): Promise<Result<void, NoAccount | "no-such-credential">> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const existing = appPasswordsOf(await store.listCredentials(account.value.id));
  if (!existing.some((appPassword) => appPassword.id === id)) return failed("no-such-credential");
  return store.removeCredential(account.value.id, id);
}

export function appPasswordsOf(credentials: readonly Credential[]): readonly AppPassword[] {
  return credentials.filter(({ kind }) => kind === "app-password").map(describe);
}

function describe({ id, label, scopes, createdAtMs }: Credential): AppPassword {
  return { id, label, scopes, createdAtMs };
}
