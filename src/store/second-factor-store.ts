/** The store as second factors see it. What may happen once happens once: each change is one transaction, whoever asks. */
import type { Result } from "#mail/result.ts";
import type { AccountId } from "./store.ts";

export interface TotpRow {
  /** Never given again: what is asked of one that was replaced is refused. */
  readonly id: number;
  readonly accountId: AccountId;
  /** Sealed by whoever put it. */
  readonly secret: Uint8Array;
  readonly createdAtMs: number;
  /** `null`: it was never used, and asks nobody for anything. */
  readonly confirmedAtMs: number | null;
  /** Codes for one use each, as PHC strings. */
  readonly recoveryCodes: readonly { readonly id: number; readonly hash: string }[];
}

export interface SecondFactorStore {
  findTotp(accountId: AccountId): Promise<TotpRow | undefined>;
  /** Replaces one that is not confirmed. */
  putTotp(totp: Pick<TotpRow, "accountId" | "secret" | "createdAtMs">): Promise<Result<void, "totp-active">>;
  /** Counts an attempt before anybody looks at the code. How long to wait for the next one, in milliseconds; 0: go on. */
  claimTotpAttempt(id: number, nowMs: number): Promise<number>;
  /** A right code of that time step. False: one of that step or a later one was taken, or it is not confirmed. Frees all attempts. */
  takeTotpStep(id: number, step: number): Promise<boolean>;
  /** As `takeTotpStep` for the first code, which makes it count, with these recovery codes. */
  confirmTotp(
    id: number,
    confirmed: { readonly step: number; readonly hashes: readonly string[]; readonly nowMs: number },
  ): Promise<boolean>;
  /** False: it was used already. */
  takeRecoveryCode(id: number, codeId: number): Promise<boolean>;
  removeTotp(accountId: AccountId): Promise<Result<void, "no-totp">>;
}
