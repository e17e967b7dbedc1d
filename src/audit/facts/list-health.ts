/** Whether the lists of the DNS answer the resolver that is used at all: a list that refuses says nothing about anybody. */
import { askCanaries, type CanaryResult } from "#evidence/dnsbl/canaries.ts";
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Resolver } from "#ports/resolver.ts";
import { DNS_STEP_MS } from "../limits.ts";

export interface ListHealthFacts {
  readonly list: DnsList;
  readonly result: CanaryResult;
}

export function gatherListHealth(
  lists: readonly DnsList[],
  { resolver, clock, random }: { readonly resolver: Resolver; readonly clock: Clock; readonly random: Random },
): Promise<readonly ListHealthFacts[]> {
  return Promise.all(
    lists.map(async (list) => {
      const deadlineMs = clock.monotonicMs() + DNS_STEP_MS;
      const result = await askCanaries(list, { resolver, deadlineMs, randomLabel: random.id().toLowerCase() });
      return { list, result };
    }),
  );
}
