/**
 * Keys of passwords that were right until lately. SCRAM never shows a password, so nothing but such a key tells a device
 * that was forgotten from somebody who guesses. In memory alone: what a thread has not seen before a change it cannot know.
 */
import { Buffer } from "node:buffer";
import type { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import { type FormerScramKey, SCRAM_HASH_OCTETS, type ScramHash } from "#protocol/sasl/scram-keys.ts";
import type { ScramKeyRow } from "#store/scram-key-row.ts";
import {
  FORMER_KEYS_ACCOUNTS_MAX,
  FORMER_KEYS_PER_NAME,
  FORMER_PASSWORD_EXCUSED_MS,
  FORMER_PASSWORD_REMEMBERED_MS,
} from "./limits.ts";
import { createMemory } from "./memory.ts";

interface Remembered {
  current: ReadonlyMap<string, ScramKeyRow>;
  /** By name, the one that went last is last. */
  readonly former: Map<string, { readonly row: ScramKeyRow; readonly sinceMs: number }>;
}

export class FormerScramKeys {
  readonly #clock: Clock;
  readonly #accounts: LRUCache<number, Remembered>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#accounts = createMemory({ max: FORMER_KEYS_ACCOUNTS_MAX, ttlMs: FORMER_PASSWORD_REMEMBERED_MS, clock });
  }

  /** @param rows all that the account has now: what was there before and is not any more is former. */
  noticed(accountId: number, rows: readonly ScramKeyRow[]): void {
    const known = this.#accounts.get(accountId) ?? { current: new Map(), former: new Map() };
    const current = new Map(rows.map((row) => [nameOf(row), row]));
    for (const [name, row] of known.current) {
      if (!current.has(name)) known.former.set(name, { row, sinceMs: this.#clock.now() });
    }
    for (const name of current.keys()) known.former.delete(name);
    const max = FORMER_KEYS_PER_NAME * Object.keys(SCRAM_HASH_OCTETS).length;
    for (const name of known.former.keys()) {
      if (known.former.size <= max) break;
      known.former.delete(name);
    }
    known.current = current;
    this.#accounts.set(accountId, known);
  }

  /** As many for every name, who is nobody included. */
  of(accountId: number | undefined, hash: ScramHash): readonly FormerScramKey[] {
    const former = accountId === undefined ? undefined : this.#accounts.get(accountId)?.former;
    const keys: FormerScramKey[] = [...(former ?? [])]
      .filter(([, { row }]) => row.hash === hash)
      .slice(-FORMER_KEYS_PER_NAME)
      .map(([name, { row }]) => ({ name, storedKey: row.storedKey }));
    const storedKey = new Uint8Array(SCRAM_HASH_OCTETS[hash]);
    while (keys.length < FORMER_KEYS_PER_NAME) keys.push({ name: undefined, storedKey });
    return keys;
  }

  /** Was it right within the last day? Its devices are not to blame yet. */
  isExcused(accountId: number, name: string): boolean {
    const sinceMs = this.#accounts.get(accountId)?.former.get(name)?.sinceMs;
    return sinceMs !== undefined && this.#clock.now() - sinceMs < FORMER_PASSWORD_EXCUSED_MS;
  }
}

function nameOf({ hash, storedKey }: ScramKeyRow): string {
  return `${hash} ${Buffer.from(storedKey).toString("base64")}`;
}
