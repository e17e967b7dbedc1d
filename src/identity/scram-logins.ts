/**
 * SCRAM over the store. Every name has a salt, a count and as many keys as every other, and costs the same questions; keys
 * of a password that has none yet are made when it next comes by another mechanism.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { SaslAnswer, ScramProof } from "#protocol/sasl/exchange.ts";
import { SCRAM_HASH_OCTETS, type ScramHash, type ScramKey } from "#protocol/sasl/scram-keys.ts";
import type { ScramKeyRow } from "#store/scram-key-row.ts";
import type { Store } from "#store/store.ts";
import { type AccountFinder, admission, type Closed } from "./account-finder.ts";
import type { Identity, LoginClient } from "./authenticator.ts";
import { FormerScramKeys } from "./former-scram-keys.ts";
import { APP_PASSWORDS_PER_ACCOUNT_MAX, SCRAM_ITERATIONS, SCRAM_KEYS_LEARNT_AT_ONCE_MAX } from "./limits.ts";
import { deriveScramKeys, scramSalt } from "./scram-derivation.ts";

/** The account's own password, and its app passwords. */
const KEYS_PER_NAME = APP_PASSWORDS_PER_ACCOUNT_MAX + 1;
/** Octets of our part of the nonce. */
const NONCE_OCTETS = 18;
const NOBODY = 0;

type ScramStore = Pick<Store, "listScramKeys" | "putScramKeys" | "readScramSalt">;

export class ScramLogins {
  readonly #store: ScramStore;
  readonly #finder: AccountFinder;
  readonly #random: Random;
  readonly #log: Log;
  readonly #hashes: readonly ScramHash[];
  readonly #former: FormerScramKeys;
  #secret: Promise<Uint8Array> | undefined;
  #learning = 0;

  constructor(options: {
    readonly store: ScramStore;
    readonly finder: AccountFinder;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    /** That keys are kept for. */
    readonly hashes: readonly ScramHash[];
  }) {
    this.#store = options.store;
    this.#finder = options.finder;
    this.#random = options.random;
    this.#log = options.log;
    this.#hashes = options.hashes;
    this.#former = new FormerScramKeys(options.clock);
  }

  /** Rejects when the store cannot be asked. */
  async keys(username: string, hash: ScramHash): Promise<SaslAnswer> {
    const [{ account }, secret] = await Promise.all([this.#finder.find(username), this.#readSecret()]);
    const rows = await this.#store.listScramKeys(account?.id ?? NOBODY);
    const salt = scramSalt(secret, account?.address ?? this.#finder.nameOf(username));
    if (account !== undefined) this.#former.noticed(account.id, rows);
    const keys: ScramKey[] = rows.filter((row) => row.hash === hash && isCurrent(row, salt)).slice(0, KEYS_PER_NAME);
    while (keys.length < KEYS_PER_NAME) keys.push(nobodysKey(hash));
    const nonce = Buffer.from(this.#random.bytes(NONCE_OCTETS)).toString("base64");
    const formerKeys = this.#former.of(account?.id, hash);
    return { kind: "scram-keys", salt, iterations: SCRAM_ITERATIONS, keys, formerKeys, nonce };
  }

  /** A proof by this former key counts nothing against anybody yet. */
  isExcused(accountId: number, formerKey: string): boolean {
    return this.#former.isExcused(accountId, formerKey);
  }

  /** Whom a proof that is right lets in. Rejects when the store cannot be asked. */
  async admit(
    username: string,
    { credentialId }: Extract<ScramProof, { right: true }>,
    { protocol }: LoginClient,
  ): Promise<Identity | Closed> {
    // Asked again: the password may have been taken away since its keys were read.
    return admission(await this.#finder.find(username), credentialId, protocol);
  }

  /** A password was right: its keys are made where they are missing, some time later, and never too many at once. */
  learn({ accountId, address, credentialId }: Identity, password: string): void {
    if (this.#hashes.length === 0 || credentialId === undefined) return;
    if (this.#learning >= SCRAM_KEYS_LEARNT_AT_ONCE_MAX) return;
    this.#learning++;
    this.#makeMissing({ accountId, address, credentialId }, password).then(
      () => this.#learning--,
      (error: unknown) => {
        this.#learning--;
        this.#log.warn("scram-keys-not-made", { account: address, error: String(error) });
      },
    );
  }

  async #makeMissing({ accountId, address, credentialId }: Required<Identity>, password: string): Promise<void> {
    const salt = scramSalt(await this.#readSecret(), address);
    const rows = await this.#store.listScramKeys(accountId);
    const known = rows.filter((row) => row.credentialId === credentialId && isCurrent(row, salt));
    const hashes = this.#hashes.filter((hash) => !known.some((row) => row.hash === hash));
    if (hashes.length === 0) return;
    await this.#store.putScramKeys(await deriveScramKeys(password, { credentialId, salt, hashes }));
  }

  #readSecret(): Promise<Uint8Array> {
    this.#secret ??= this.#store.readScramSalt().catch((error: unknown) => {
      this.#secret = undefined;
      throw error;
    });
    return this.#secret;
  }
}

/** Of the salt and count that clients are told; other keys are of no use until they are made anew. */
function isCurrent(row: ScramKeyRow, salt: Uint8Array): boolean {
  return row.iterations === SCRAM_ITERATIONS && Buffer.compare(row.salt, salt) === 0;
}

function nobodysKey(hash: ScramHash): ScramKey {
  const octets = new Uint8Array(SCRAM_HASH_OCTETS[hash]);
  return { credentialId: undefined, storedKey: octets, serverKey: octets };
}
