/** When a recipient is tried again: first soon, then ever more seldom, until its time is over. Pure. */

/** Milliseconds. */
export interface Schedule {
  /** From the first attempt to the second; each further wait is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** From the moment it was queued until it is returned to its sender. */
  readonly expiresMs: number;
  /** So long after it was queued its sender is told that it still waits. */
  readonly warnsMs: number;
}

/** Part of a wait by which it varies, so that what failed together does not come together again. */
const JITTER = 0.2;

/**
 * The next attempt, or `expired`: this was the last one. The very last attempt is at the end of its time.
 * @param attempts how many there were, the one that just failed included.
 * @param chance from 0 up to 1.
 */
export function nextAttemptMs(
  { firstMs, longestMs, expiresMs }: Schedule,
  about: { readonly attempts: number; readonly queuedAtMs: number; readonly nowMs: number; readonly chance: number },
): number | "expired" {
  const { attempts, queuedAtMs, nowMs, chance } = about;
  const endMs = queuedAtMs + expiresMs;
  if (nowMs >= endMs) return "expired";
  const waitMs = Math.min(longestMs, firstMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  const varied = waitMs * (1 - JITTER / 2 + JITTER * chance);
  return Math.min(endMs, Math.round(nowMs + varied));
}

/** Is it time to tell the sender, if nobody has? */
export function isLate({ warnsMs }: Schedule, queuedAtMs: number, nowMs: number): boolean {
  return nowMs - queuedAtMs >= warnsMs;
}
