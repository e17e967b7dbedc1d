/** Which wrong passwords are new ones. The same again is a device that was forgotten, not a guess; so is the one before a change. */
import { LRUCache } from "lru-cache";
import {
  GROUPS_REMEMBERED_MAX,
  GUESSES_REMEMBERED_MAX,
  PREVIOUS_PASSWORD_MS,
  RIGHT_PASSWORDS_PER_ACCOUNT_MAX,
  SAME_GUESS_MS,
} from "./limits.ts";

export class GuessMemory {
  readonly #seen = new LRUCache<string, number>({ max: GUESSES_REMEMBERED_MAX });
  /** By account: passwords that were right, and until when they are excused; null while they still are right. */
  readonly #right = new LRUCache<string, Map<string, number | null>>({ max: GROUPS_REMEMBERED_MAX });

  get size(): number {
    return this.#seen.size + this.#right.size;
  }

  /** True for the first time in a day. @param where the address, or empty for "anywhere". */
  isNew(account: string, password: string, where: string, nowMs: number): boolean {
    const key = `${where} ${password} ${account}`;
    const lastMs = this.#seen.get(key);
    // Not renewed: what is tried every minute counts once a day, too.
    if (lastMs !== undefined && nowMs - lastMs < SAME_GUESS_MS) return false;
    this.#seen.set(key, nowMs);
    return true;
  }

  wasRight(account: string, password: string): void {
    const passwords = this.#right.get(account) ?? new Map<string, number | null>();
    passwords.delete(password);
    const [oldest] = passwords.keys();
    if (passwords.size >= RIGHT_PASSWORDS_PER_ACCOUNT_MAX && oldest !== undefined) passwords.delete(oldest);
    this.#right.set(account, passwords.set(password, null));
  }

  /** A password of the account was changed or revoked: all that were right are excused for a day. */
  changed(account: string, nowMs: number): void {
    const passwords = this.#right.get(account);
    for (const [password, untilMs] of passwords ?? []) {
      if (untilMs === null) passwords?.set(password, nowMs + PREVIOUS_PASSWORD_MS);
    }
  }

  isExcused(account: string, password: string, nowMs: number): boolean {
    const untilMs = this.#right.get(account)?.get(password);
    return untilMs !== undefined && untilMs !== null && nowMs < untilMs;
  }
}
