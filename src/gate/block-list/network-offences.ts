/** Evidence by network: for the address itself and for each network around it, apart by scope, decaying, bounded. */
import { LRUCache } from "lru-cache";
import type { IpAddress } from "../network/ip-address.ts";
import { formatPrefix, prefixOf } from "../network/prefix.ts";
import { DecayingCount } from "./decaying-count.ts";
import type { AskedScope } from "./entry.ts";
import {
  EVIDENCE_HALF_LIFE_MS,
  EVIDENCE_KEPT_MAX,
  NETWORKS_REMEMBERED_MAX,
  OFFENDERS_TOLD_APART_MAX,
} from "./limits.ts";
import { LEVEL_BITS, type Level, levelsOf } from "./network-levels.ts";

/** After so many half-lives an offender is none any more: of its points less than a tenth is left. */
const OFFENDER_HALF_LIVES = 4;

interface Network {
  readonly points: DecayingCount;
  /** By address or customer, when it last offended; oldest first. */
  readonly offenders: Map<string, number>;
  readonly evidence: string[];
}

export interface NetworkEvidence {
  readonly points: number;
  readonly offenders: number;
  readonly lines: readonly string[];
}

export class NetworkOffences {
  readonly #tables = new Map(
    LEVEL_BITS.map((bits) => [bits, new LRUCache<string, Network>({ max: NETWORKS_REMEMBERED_MAX })]),
  );

  /** Networks remembered, of all sizes. */
  get size(): number {
    return [...this.#tables.values()].reduce((sum, { size }) => sum + size, 0);
  }

  add(
    ip: IpAddress,
    offence: { readonly scope: AskedScope; readonly points: number; readonly line: string },
    nowMs: number,
  ): void {
    for (const level of levelsOf(ip)) {
      const network = this.#open(level, offence.scope);
      network.points.add(offence.points, nowMs);
      noteOffender(network.offenders, formatPrefix(prefixOf(ip, level.rule.unitBits)), nowMs);
      network.evidence.push(offence.line);
      if (network.evidence.length > EVIDENCE_KEPT_MAX) network.evidence.shift();
    }
  }

  evidence(level: Level, scope: AskedScope, nowMs: number): NetworkEvidence {
    const network = this.#tableOf(level).get(keyOf(level, scope));
    if (network === undefined) return { points: 0, offenders: 0, lines: [] };
    const sinceMs = nowMs - OFFENDER_HALF_LIVES * EVIDENCE_HALF_LIFE_MS;
    const offenders = [...network.offenders.values()].filter((atMs) => atMs > sinceMs).length;
    return { points: network.points.at(nowMs), offenders, lines: network.evidence };
  }

  #open(level: Level, scope: AskedScope): Network {
    const table = this.#tableOf(level);
    const key = keyOf(level, scope);
    const network = table.get(key) ?? { points: new DecayingCount(), offenders: new Map(), evidence: [] };
    table.set(key, network);
    return network;
  }

  #tableOf({ prefix }: Level): LRUCache<string, Network> {
    const table = this.#tables.get(`${prefix.family}/${prefix.length}`);
    if (table === undefined) throw new Error(`no table for networks of /${prefix.length}`);
    return table;
  }
}

function keyOf({ prefix }: Level, scope: AskedScope): string {
  return `${scope} ${formatPrefix(prefix)}`;
}

function noteOffender(offenders: Map<string, number>, unit: string, nowMs: number): void {
  offenders.delete(unit);
  const [oldest] = offenders.keys();
  if (offenders.size >= OFFENDERS_TOLD_APART_MAX && oldest !== undefined) offenders.delete(oldest);
  offenders.set(unit, nowMs);
}
