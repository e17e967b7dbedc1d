/** The outcome of judging, and what led to it. Plain data: it is kept in decision records. */
import type { EnhancedStatus, Reply } from "#mail/reply.ts";
import type { RuleMode, RuleName } from "./policy.ts";

/**
 * From mild to severe. `junk` is accepted and put into the Junk folder, `quarantine` is accepted and kept back from its
 * recipients; `defer` is 4yz, `reject` 5yz.
 */
export const DISPOSITIONS = ["accept", "junk", "quarantine", "defer", "reject"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export interface Verdict {
  readonly disposition: Disposition;
  /** Of the weights of enforced rules. */
  readonly sum: number;
  /** Stable words; the first one decided. Empty where nothing spoke against the client. */
  readonly reasons: readonly string[];
  /** Every rule that is not off, in order. */
  readonly rules: readonly RuleResult[];
  /** What the client hears, still without the decision's ID; null for what is accepted. */
  readonly reply: Reply | null;
}

export interface RuleResult {
  readonly rule: RuleName;
  readonly mode: Exclude<RuleMode, "off">;
  /** The sum of its findings' weights: what it adds where it is enforced. */
  readonly weight: number;
  readonly findings: readonly Finding[];
}

/** One fact that counts, or that could not be established. */
export interface Finding {
  /** Stable word, such as `listed`. */
  readonly reason: string;
  /** Caps applied. Zero for what could not be checked; below zero it speaks for the client. */
  readonly weight: number;
  /** What it asks for by itself, whatever the sum. */
  readonly asks: Disposition;
  /** What it asks for when another enforced rule has found a second signal (`Thresholds.secondSignal`). */
  readonly asksWithAnother: Disposition;
  /** For people, one line, without a final stop. */
  readonly detail: string;
  /** What the sender's admin can do; empty where nobody needs to do anything. */
  readonly remedy: string;
  /** A page about it that a list has; part of `remedy`, which is not said of each finding. */
  readonly lookUpUrl?: string;
  /** With which codes it refuses, where the rule's own are not meant. */
  readonly says?: { readonly code: number; readonly status: EnhancedStatus };
}

export function severity(disposition: Disposition): number {
  return DISPOSITIONS.indexOf(disposition);
}

export function severest(dispositions: readonly Disposition[]): Disposition {
  return dispositions.reduce((worst, one) => (severity(one) > severity(worst) ? one : worst), "accept");
}
