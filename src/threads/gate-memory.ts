/** The memory in which all threads count connections together. Made once: a reload keeps it, as those that are open stay counted. */
import type { Settings } from "#config/settings.ts";
import { COUNTERS_LENGTH } from "#gate/limits/connection-totals.ts";
import { SLOTS_PER_CONNECTION } from "#gate/limits/limits.ts";
import { sharedCountersMemory } from "#platform/threads/shared-counters.ts";
import { sharedRateTableMemory } from "#platform/threads/shared-rate-table.ts";
import type { Random } from "#ports/random.ts";

export interface GateMemory {
  readonly sources: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
}

const HASH_KEY_OCTETS = 8;

export function createGateMemory({ limits }: Settings, random: Random): GateMemory {
  const slots = Math.max(limits.trackedSourcesMax, SLOTS_PER_CONNECTION * limits.connectionsTotal);
  return {
    sources: sharedRateTableMemory(slots, random.bytes(HASH_KEY_OCTETS)),
    counters: sharedCountersMemory(COUNTERS_LENGTH),
  };
}
