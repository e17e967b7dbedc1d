import { LRUCache } from "lru-cache";
import type { BlockEntry, Scope } from "./entry.ts";
import { BAN_FIRST_MS, BAN_FORGOTTEN_MS, BAN_LONGEST_MS, PAST_BANS_MAX } from "./limits.ts";

/** How often a network was banned by rule, so that each ban lasts twice as long as the one before it. */
export class PastBans {
  readonly #bans = new LRUCache<string, { readonly repeat: number; readonly untilMs: number }>({ max: PAST_BANS_MAX });

  get size(): number {
    return this.#bans.size;
  }

  remember({ prefix, scope, repeat, untilMs }: BlockEntry): void {
    if (untilMs !== null) this.#bans.set(`${scope} ${prefix}`, { repeat, untilMs });
  }

  isBanned(prefix: string, scope: Scope, nowMs: number): boolean {
    return (this.#bans.get(`${scope} ${prefix}`)?.untilMs ?? 0) > nowMs;
  }

  next(prefix: string, scope: Scope, nowMs: number): { readonly repeat: number; readonly untilMs: number } {
    const past = this.#bans.get(`${scope} ${prefix}`);
    const repeat = past === undefined || nowMs - past.untilMs >= BAN_FORGOTTEN_MS ? 0 : past.repeat + 1;
    return { repeat, untilMs: nowMs + Math.min(BAN_FIRST_MS * 2 ** repeat, BAN_LONGEST_MS) };
  }

  /** Somebody has lifted the ban: it was wrong, and the next is the first. */
  forget(prefix: string, scope: Scope): void {
    this.#bans.delete(`${scope} ${prefix}`);
  }
}
