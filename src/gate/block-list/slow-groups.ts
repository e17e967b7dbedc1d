/** Groups that must wait, as a front thread holds them: asked before a password is looked at or a sender is let go on. */
import { LRUCache } from "lru-cache";
import type { SlowGroup } from "./decision.ts";
import { GROUPS_REMEMBERED_MAX } from "./limits.ts";

const MINUTE_MS = 60_000;
/** Attempts a group may make without a pause. */
const BURST_MAX = 2;

export interface LoginAttempt {
  readonly account: string;
  readonly address: string;
  /** `passwordFingerprint`. */
  readonly password: string;
  /** The account has logged in from the network around the address: `GoodHistory.isHome`. */
  readonly isHome: boolean;
}

export type Turn =
  | { readonly ok: true }
  | { readonly ok: false; readonly by: SlowGroup["by"]; readonly retryAfterMs: number };

export class SlowGroups {
  readonly #groups = new LRUCache<string, { group: SlowGroup; freeAtMs: number }>({ max: GROUPS_REMEMBERED_MAX });

  get size(): number {
    return this.#groups.size;
  }

  put(group: SlowGroup): void {
    const key = keyOf(group.by, group.value);
    this.#groups.set(key, { group, freeAtMs: this.#groups.get(key)?.freeAtMs ?? 0 });
  }

  /**
   * May this password be tried now? Asked before it is looked at, so that a refusal says nothing about it; the refusal is
   * a temporary one and no failed login. The owner's own networks belong to no group but one of their own.
   */
  mayLogIn({ account, address, password, isHome }: LoginAttempt, nowMs: number): Turn {
    if (isHome) return this.#turn([["account-at-address", `${account} ${address}`]], nowMs);
    return this.#turn(
      [
        ["account", account],
        ["password", password],
      ],
      nowMs,
    );
  }

  /** May this client, which is nobody's we know good things of, write to that recipient now? */
  maySend(
    { clientName, recipient }: { readonly clientName: string; readonly recipient?: string },
    nowMs: number,
  ): Turn {
    const groups: (readonly [SlowGroup["by"], string])[] = [["client-name", clientName.toLowerCase()]];
    if (recipient !== undefined) groups.push(["recipient", recipient]);
    return this.#turn(groups, nowMs);
  }

  #turn(asked: readonly (readonly [SlowGroup["by"], string])[], nowMs: number): Turn {
    const live = asked
      .map(([by, value]) => this.#groups.get(keyOf(by, value)))
      .filter((found) => found !== undefined && found.group.untilMs > nowMs);
    for (const found of live) {
      if (found === undefined) continue;
      const stepMs = MINUTE_MS / found.group.attemptsPerMinute;
      const aheadMs = Math.max(0, found.freeAtMs - nowMs);
      const waitMs = aheadMs - (BURST_MAX - 1) * stepMs;
      if (waitMs > 0) return { ok: false, by: found.group.by, retryAfterMs: Math.ceil(waitMs) };
    }
    for (const found of live) {
      if (found === undefined) continue;
      found.freeAtMs = Math.max(found.freeAtMs, nowMs) + MINUTE_MS / found.group.attemptsPerMinute;
    }
    return { ok: true };
  }
}

function keyOf(by: SlowGroup["by"], value: string): string {
  return `${by} ${value}`;
}
