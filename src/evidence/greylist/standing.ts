/** From what is remembered of a sender to how it stands now. */
import type { GreylistEvidence, KnownBecause } from "./evidence.ts";
import type { GreylistSettings } from "./settings.ts";

/** One key as it is remembered. */
export interface Remembered {
  readonly key: string;
  /** Null: it waits. */
  readonly known: Exclude<KnownBecause, "allow-listed"> | null;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tries: number;
}

/** @param rows of the sender's key, of one it waited under before, and of any other that vouches for it. */
export function standingOf(
  key: string,
  rows: readonly Remembered[],
  nowMs: number,
  settings: GreylistSettings,
): GreylistEvidence {
  const { knownSinceMs, waitingSinceMs } = agesAt(nowMs, settings);
  const known = rows.find((row) => row.known !== null && row.lastMs >= knownSinceMs);
  if (known !== undefined) return { ...knownAs(key, known.known), firstMs: known.firstMs, tries: known.tries };
  // After the window it begins anew; so it does when the clock was set back, where the wait could have no end.
  const waiting = rows.filter((row) => row.known === null && row.firstMs >= waitingSinceMs && row.firstMs <= nowMs);
  const [own] = waiting.toSorted((one, other) => one.firstMs - other.firstMs);
  if (own === undefined) return firstMet(key, settings);
  const waitMs = Math.max(0, own.firstMs + settings.delayMs - nowMs);
  const { firstMs, tries } = own;
  return { key, standing: waitMs > 0 ? "first-met" : "came-again", because: null, firstMs, tries, waitMs };
}

export function knownAs(key: string, because: KnownBecause | null): GreylistEvidence {
  return { key, standing: "known", because, firstMs: null, tries: 0, waitMs: 0 };
}

function firstMet(key: string, { delayMs }: GreylistSettings): GreylistEvidence {
  return { key, standing: "first-met", because: null, firstMs: null, tries: 0, waitMs: delayMs };
}

/** What is older counts as never met. */
export function agesAt(
  nowMs: number,
  { windowMs, memoryMs }: Pick<GreylistSettings, "windowMs" | "memoryMs">,
): { readonly waitingSinceMs: number; readonly knownSinceMs: number } {
  return { waitingSinceMs: nowMs - windowMs, knownSinceMs: nowMs - memoryMs };
}
