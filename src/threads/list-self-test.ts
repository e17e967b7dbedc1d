/** Do the DNS lists work when they are asked from here and now? Each has entries that must be there, and names that must not. */
import type { Settings } from "#config/settings.ts";
import { askCanaries, type CanaryResult } from "#evidence/dnsbl/canaries.ts";
import { CANARIES_BUDGET_MS } from "#evidence/dnsbl/limits.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Resolver } from "#ports/resolver.ts";
import { isReachable } from "./reachable.ts";

export interface ListSelfTest {
  readonly title: string;
  readonly state: "passed" | "failed" | "unknown";
  /** What was seen, and what to do where that is not good. */
  readonly detail: string;
}

interface Around {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly random: Random;
}

/** None where no list is asked: both rules are off, or only this machine reaches the server. Never rejects. */
export async function testLists(
  settings: Settings,
  { resolver, clock, random }: Around,
): Promise<readonly ListSelfTest[]> {
  const { dnsbl, uriLists } = settings.rules;
  if ((dnsbl === "off" && uriLists === "off") || !isReachable(settings)) return [];
  const lists = dnsLists(settings.lists);
  if (!lists.ok) return [{ title: "[[list]]", state: "failed", detail: "cannot be used; see `postern check-config`" }];
  const deadlineMs = clock.monotonicMs() + CANARIES_BUDGET_MS;
  return Promise.all(
    lists.value.map(async (list) => {
      const randomLabel = random.id().toLowerCase();
      return { title: list.title, ...inWords(await askCanaries(list, { resolver, deadlineMs, randomLabel })) };
    }),
  );
}

function inWords(result: CanaryResult): Omit<ListSelfTest, "title"> {
  switch (result.kind) {
    case "healthy":
      return { state: "passed", detail: "names its test entry and nothing else" };
    case "dead":
      return failing("does not name its own test entry: it is gone, or refuses this resolver; mail flows without it");
    case "lists-the-world":
      return failing("names what must not be on it: take it out of [[list]]; mail flows without it");
    case "refuses-us":
      return failing(
        `refuses this resolver (${result.answers.join(", ")}): ask through a resolver of your own, or with a key`,
      );
    case "could-not-check":
      return { state: "unknown", detail: "could not be asked: look at the resolver, [dns] servers" };
  }
}

function failing(detail: string): Omit<ListSelfTest, "title"> {
  return { state: "failed", detail };
}
