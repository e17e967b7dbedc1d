/** What is done with the second factor of an account, TOTP and its recovery codes. Logins of mail programs never ask for it. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { TotpRow } from "#store/second-factor-store.ts";
import type { Account } from "#store/store.ts";
import { type Administration, findAccount, type NoAccount } from "../administration.ts";
import { generatePassword, isGeneratedPassword } from "../generate-password.ts";
import { RECOVERY_CODES, TOTP_SECRET_OCTETS } from "../limits.ts";
import { hashGeneratedPassword, verifyPasswordHash } from "../password-hash.ts";
import { seal, unseal } from "./seal.ts";
import { base32, matchingStep, otpauthUri } from "./totp.ts";

export interface SecondFactors extends Administration {
  /** That secrets are sealed with: `SEAL_KEY_OCTETS`. */
  readonly sealKey: Uint8Array;
}

export type TotpState = "none" | "to-be-confirmed" | "active";
type WrongCode = NoAccount | "no-totp" | "wrong-code" | "code-used" | "seal-broken" | `wait: ${string}`;

/** Makes a secret, shown this once; it counts from its first code on. */
export async function addTotp(
  { store, clock, random, sealKey }: SecondFactors,
  address: string,
  issuer: string,
): Promise<
  Result<{ readonly address: string; readonly secret: string; readonly uri: string }, NoAccount | "totp-active">
> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const octets = random.bytes(TOTP_SECRET_OCTETS);
  const sealed = seal(octets, sealKey, ownerOf(account.value), random);
  const put = await store.putTotp({ accountId: account.value.id, secret: sealed, createdAtMs: clock.now() });
  if (!put.ok) return put;
  const secret = base32(octets);
  return ok({
    address: account.value.address,
    secret,
    uri: otpauthUri(secret, { issuer, address: account.value.address }),
  });
}

/** The first code, with which it begins to count; the recovery codes are shown this once. */
export async function confirmTotp(
  factors: SecondFactors,
  address: string,
  code: string,
): Promise<Result<{ readonly recoveryCodes: readonly string[] }, WrongCode | "totp-active">> {
  const { store, clock, random } = factors;
  const found = await findTotp(factors, address);
  if (!found.ok) return found;
  const { totp } = found.value;
  if (totp.confirmedAtMs !== null) return failed("totp-active");
  const step = await stepOf(factors, found.value, code);
  if (!step.ok) return step;
  const recoveryCodes = Array.from({ length: RECOVERY_CODES }, () => generatePassword(random));
  const hashes: string[] = [];
  for (const recoveryCode of recoveryCodes) hashes.push(await hashGeneratedPassword(recoveryCode, random));
  const confirmed = await store.confirmTotp(totp.id, { step: step.value, hashes, nowMs: clock.now() });
  return confirmed ? ok({ recoveryCodes }) : failed("code-used");
}

/**
 * Takes a code of the authenticator, or a recovery code; each once. Recovery codes are taken while others have to wait: nobody
 * guesses one, and so nobody who guesses keeps their owner out.
 */
export async function takeSecondFactor(
  factors: SecondFactors,
  address: string,
  code: string,
): Promise<Result<{ readonly kind: "totp" | "recovery-code"; readonly recoveryCodesLeft: number }, WrongCode>> {
  const found = await findTotp(factors, address);
  if (!found.ok) return found;
  const { totp } = found.value;
  if (totp.confirmedAtMs === null) return failed("no-totp");
  const left = totp.recoveryCodes.length;
  const written = code.trim().toLowerCase();
  if (isGeneratedPassword(written)) {
    const taken = await takeRecoveryCode(factors, totp, written);
    return taken ? ok({ kind: "recovery-code", recoveryCodesLeft: left - 1 }) : failed("wrong-code");
  }
  const step = await stepOf(factors, found.value, code);
  if (!step.ok) return step;
  const taken = await factors.store.takeTotpStep(totp.id, step.value);
  return taken ? ok({ kind: "totp", recoveryCodesLeft: left }) : failed("code-used");
}

export async function showTotp(
  { store }: Administration,
  address: string,
): Promise<
  Result<{ readonly state: TotpState; readonly sinceMs: number | null; readonly recoveryCodesLeft: number }, NoAccount>
> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const totp = await store.findTotp(account.value.id);
  if (totp === undefined) return ok({ state: "none", sinceMs: null, recoveryCodesLeft: 0 });
  const { confirmedAtMs, createdAtMs, recoveryCodes } = totp;
  return confirmedAtMs === null
    ? ok({ state: "to-be-confirmed", sinceMs: createdAtMs, recoveryCodesLeft: 0 })
    : ok({ state: "active", sinceMs: confirmedAtMs, recoveryCodesLeft: recoveryCodes.length });
}

/** With its recovery codes. */
export async function removeTotp(
  { store }: Administration,
  address: string,
): Promise<Result<void, NoAccount | "no-totp">> {
  const account = await findAccount(store, address);
  return account.ok ? store.removeTotp(account.value.id) : account;
}

interface Found {
  readonly account: Account;
  readonly totp: TotpRow;
}

async function findTotp({ store }: SecondFactors, address: string): Promise<Result<Found, NoAccount | "no-totp">> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const totp = await store.findTotp(account.value.id);
  return totp === undefined ? failed("no-totp") : ok({ account: account.value, totp });
}

/** Attempts are counted before the code is looked at: guesses at the same time, in several threads, count too. */
async function stepOf(
  { store, clock, sealKey }: SecondFactors,
  { account, totp }: Found,
  code: string,
): Promise<Result<number, WrongCode>> {
  const secret = unseal(totp.secret, sealKey, ownerOf(account));
  if (secret === undefined) return failed("seal-broken");
  const waitMs = await store.claimTotpAttempt(totp.id, clock.now());
  if (waitMs > 0) return failed(`wait: ${Math.ceil(waitMs / 1000)} s` as const);
  const step = matchingStep(secret, code.replaceAll(" ", ""), clock.now());
  return step === undefined ? failed("wrong-code") : ok(step);
}

async function takeRecoveryCode({ store }: SecondFactors, totp: TotpRow, code: string): Promise<boolean> {
  for (const { id, hash } of totp.recoveryCodes) {
    if (await verifyPasswordHash(hash, [code])) return store.takeRecoveryCode(totp.id, id);
  }
  return false;
}

/** What a sealed secret is bound to: in the row of another account it does not open. */
function ownerOf({ id, address }: Account): string {
  return `totp ${id} ${address}`;
}
