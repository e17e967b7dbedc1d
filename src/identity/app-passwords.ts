/** What an operator does to app passwords, one a device; see `accounts.ts`. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { Credential } from "#store/credential-store.ts";
import type { ScramKeyRow } from "#store/scram-key-row.ts";
import { type Administration, findAccount, type NoAccount, putScramKeys } from "./administration.ts";
import type { LoginProtocol } from "./authenticator.ts";
import { generatePassword } from "./generate-password.ts";
import { APP_PASSWORDS_PER_ACCOUNT_MAX, LABEL_CHARACTERS_MAX } from "./limits.ts";
import { hashGeneratedPassword } from "./password-hash.ts";

/** What is known of a password, without it. */
export interface PasswordState {
  /** It opens SCRAM: there are keys of it. */
  readonly scram: boolean;
  /** It was sent in clear, first then. */
  readonly exposedAtMs: number | null;
  readonly lastUsedMs: number | null;
  readonly lastAddress: string | null;
}

export interface AppPassword extends PasswordState {
  readonly id: number;
  readonly label: string;
  readonly scopes: readonly LoginProtocol[];
  readonly createdAtMs: number;
}

/** What a device needs; the admin pages ask for the account's own password. */
export const DEVICE_SCOPES: readonly LoginProtocol[] = ["smtp", "imap", "pop3"];

/** Makes one; `password` is shown this once and kept nowhere. */
export async function addAppPassword(
  administration: Administration,
  address: string,
  app: { readonly label: string; readonly scopes: readonly LoginProtocol[] },
): Promise<
  Result<
    { readonly password: string; readonly appPassword: AppPassword },
    NoAccount | "bad-label" | "no-scopes" | "too-many"
  >
> {
  const { store, clock, random } = administration;
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const label = app.label.normalize("NFC").trim();
  if (label === "" || label.length > LABEL_CHARACTERS_MAX || /\p{Cc}/u.test(label)) return failed("bad-label");
  if (app.scopes.length === 0) return failed("no-scopes");
  const existing = (await store.listCredentials(account.value.id)).filter(({ kind }) => kind === "app-password");
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
  await putScramKeys(administration, credential, password);
  return ok({ password, appPassword: describe(credential, await store.listScramKeys(account.value.id)) });
}

export async function listAppPasswords(
  { store }: Administration,
  address: string,
): Promise<Result<readonly AppPassword[], NoAccount>> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const { id } = account.value;
  return ok(appPasswordsOf(await store.listCredentials(id), await store.listScramKeys(id)));
}

/** Never the account's own password, whatever the number. */
export async function revokeAppPassword(
  { store }: Administration,
  address: string,
  id: number,
): Promise<Result<void, NoAccount | "no-such-credential">> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const existing = await store.listCredentials(account.value.id);
  if (!existing.some((one) => one.id === id && one.kind === "app-password")) return failed("no-such-credential");
  return store.removeCredential(account.value.id, id);
}

export function appPasswordsOf(
  credentials: readonly Credential[],
  keys: readonly ScramKeyRow[],
): readonly AppPassword[] {
  return credentials.filter(({ kind }) => kind === "app-password").map((credential) => describe(credential, keys));
}

export function passwordState(
  { id, exposedAtMs, lastUsedMs, lastAddress }: Credential,
  keys: readonly ScramKeyRow[],
): PasswordState {
  return { scram: keys.some(({ credentialId }) => credentialId === id), exposedAtMs, lastUsedMs, lastAddress };
}

function describe(credential: Credential, keys: readonly ScramKeyRow[]): AppPassword {
  const { id, label, scopes, createdAtMs } = credential;
  return { id, label, scopes, createdAtMs, ...passwordState(credential, keys) };
}
