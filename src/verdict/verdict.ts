/** The outcome of judging, and what led to it. */
import type { Reply } from "#mail/reply.ts";

/** From mild to severe. `junk` is accepted and put into the Junk folder; `defer` is 4yz, `reject` 5yz. */
export const DISPOSITIONS = ["accept", "junk", "defer", "reject"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export type RuleMode = "off" | "shadow" | "enforce";

/** As the settings spell them under `[rules]`. */
export const RULES = ["block_list", "early_talker", "helo", "dnsbl", "reverse_dns", "greylist"] as const;
export type RuleName = (typeof RULES)[number];

export interface RuleResult {
  readonly rule: RuleName;
  readonly mode: RuleMode;
  /** What it adds to the sum when it is enforced, its caps applied. */
  readonly weight: number;
  /** What it asks for by itself, whatever the sum. */
  readonly asks: Disposition;
  readonly findings: readonly Finding[];
}

/** One fact that a rule looked at. */
export interface Finding {
  /** Stable word, such as `dnsbl-listed`. */
  readonly reason: string;
  /** Zero for what could not be checked, and for what is only noted. */
  readonly weight: number;
  readonly asks: Disposition;
  /** For people, one line: "zen.spamhaus.org: SBL (127.0.0.2)". */
  readonly detail: string;
}

export interface Verdict {
  readonly disposition: Disposition;
  /** Stable words of the enforced findings that count; the first one decided. */
  readonly reasons: readonly string[];
  readonly sum: number;
  readonly rules: readonly RuleResult[];
  /** What the client hears, without the decision ID; null for what is accepted. */
  readonly reply: Reply | null;
}
