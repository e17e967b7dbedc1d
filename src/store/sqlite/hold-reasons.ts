/** Why a recipient is held, as its row has it: one reason, or several with commas between. It waits until the last one is gone. */
import type { HoldReason, QueueSelection } from "../queue-rows.ts";

const REASONS: readonly HoldReason[] = ["settings", "admin", "account"];

/** SQL: the row's reasons with this one more. */
export function withReason(reason: HoldReason): string {
  return `CASE WHEN held_for IS NULL THEN '${reason}' WHEN ${hasReason(reason)} THEN held_for ELSE held_for || ',${reason}' END`;
}

/** SQL. */
export function hasReason(reason: HoldReason): string {
  return `instr(coalesce(held_for, ''), '${reason}') > 0`;
}

/**
 * Which reasons a release takes away. One message is released whatever holds it. Whoever releases an account has looked at that
 * account: what the settings hold stays. Whoever releases what the settings held has looked at no account: a thief's mail stays.
 */
export function releasedReasons({ id, account }: QueueSelection): readonly HoldReason[] {
  if (id !== undefined) return REASONS;
  return account === undefined ? ["settings", "admin"] : ["account", "admin"];
}

/** Null: nothing holds it any more. */
export function withoutReasons(heldFor: string | null, gone: readonly HoldReason[]): string | null {
  const left = (heldFor ?? "").split(",").filter((reason) => reason !== "" && !gone.includes(reason as HoldReason));
  return left.length === 0 ? null : left.join(",");
}
