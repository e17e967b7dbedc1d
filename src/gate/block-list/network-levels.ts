/** The networks an offence is counted in, and what each needs to be banned. */
import type { IpAddress } from "../network/ip-address.ts";
import { type Prefix, prefixOf } from "../network/prefix.ts";

export interface LevelRule {
  readonly bits: number;
  /** Evidence that is needed, in points. */
  readonly points: number;
  /** Distinct addresses below that must have offended. */
  readonly offenders: number;
  /** One user or sender of good mail among them is enough to leave the rest in peace. */
  readonly sparesGood: boolean;
  /** What is told apart inside: addresses, or IPv6 customers. */
  readonly unitBits: number;
}

/** Widest first. A /64 is one customer (RFC 6177), so it needs no more than an address does. */
const RULES: Readonly<Record<4 | 6, readonly LevelRule[]>> = {
  4: [
    { bits: 24, points: 30, offenders: 5, sparesGood: true, unitBits: 32 },
    { bits: 32, points: 10, offenders: 1, sparesGood: false, unitBits: 32 },
  ],
  6: [
    { bits: 48, points: 60, offenders: 8, sparesGood: true, unitBits: 64 },
    { bits: 56, points: 30, offenders: 4, sparesGood: true, unitBits: 64 },
    { bits: 64, points: 10, offenders: 1, sparesGood: true, unitBits: 128 },
    { bits: 128, points: 10, offenders: 1, sparesGood: false, unitBits: 128 },
  ],
};

export interface Level {
  readonly rule: LevelRule;
  readonly prefix: Prefix;
}

/** Widest first; the last is the address itself. */
export function levelsOf(ip: IpAddress): readonly Level[] {
  return RULES[ip.family].map((rule) => ({ rule, prefix: prefixOf(ip, rule.bits) }));
}

export const LEVEL_BITS: readonly string[] = Object.entries(RULES).flatMap(([family, rules]) =>
  rules.map(({ bits }) => `${family}/${bits}`),
);
