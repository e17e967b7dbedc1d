/**
 * Counts across addresses, for attacks no single address shows: distinct passwords tried at an account, accounts one password
 * was tried at, addresses that misbehave under one name or towards one recipient. What follows is waiting, never a ban.
 */
import { LRUCache } from "lru-cache";
import { DecayingCount } from "./decaying-count.ts";
import type { SlowGroup } from "./decision.ts";
import { GROUPS_REMEMBERED_MAX, GUESSES_REMEMBERED_MAX, SAME_GUESS_MS } from "./limits.ts";

interface GroupRule {
  /** Distinct members, decaying, from which the group waits. */
  readonly from: number;
  readonly attemptsPerMinute: number;
  readonly slowForMs: number;
}

const HOUR_MS = 3600 * 1000;

const RULES: Readonly<Record<SlowGroup["by"], GroupRule>> = {
  // Before the hundredth guess; a person who tries to remember makes ten.
  account: { from: 80, attemptsPerMinute: 2, slowForMs: HOUR_MS },
  "account-at-address": { from: 20, attemptsPerMinute: 6, slowForMs: HOUR_MS },
  password: { from: 20, attemptsPerMinute: 2, slowForMs: HOUR_MS },
  "client-name": { from: 20, attemptsPerMinute: 10, slowForMs: HOUR_MS },
  recipient: { from: 50, attemptsPerMinute: 30, slowForMs: HOUR_MS },
};

export class GroupCounts {
  readonly #counts = new LRUCache<string, DecayingCount>({ max: GROUPS_REMEMBERED_MAX });
  readonly #members = new LRUCache<string, number>({ max: GUESSES_REMEMBERED_MAX });
  /** Client names that users and senders of good mail say. */
  readonly #goodNames = new LRUCache<string, number>({ max: GROUPS_REMEMBERED_MAX });

  get size(): number {
    return this.#counts.size + this.#members.size + this.#goodNames.size;
  }

  /** One more member of a group; the same one again counts nothing for a day. @returns what the group has to wait for. */
  add(by: SlowGroup["by"], value: string, member: string, nowMs: number): SlowGroup | undefined {
    const key = `${by} ${value}`;
    const memberKey = `${key} ${member}`;
    const lastMs = this.#members.get(memberKey);
    if (lastMs !== undefined && nowMs - lastMs < SAME_GUESS_MS) return undefined;
    this.#members.set(memberKey, nowMs);
    const count = this.#counts.get(key) ?? new DecayingCount();
    this.#counts.set(key, count);
    const { from, attemptsPerMinute, slowForMs } = RULES[by];
    if (count.add(1, nowMs) < from) return undefined;
    return { by, value, attemptsPerMinute, untilMs: nowMs + slowForMs };
  }

  goodName(name: string, nowMs: number): void {
    this.#goodNames.set(name.toLowerCase(), nowMs);
  }

  isGoodName(name: string): boolean {
    return this.#goodNames.has(name.toLowerCase());
  }
}
