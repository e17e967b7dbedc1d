/** What only the server itself can say of its protections: its own relay test, the lists it uses, its limits. */
import type { InsideFacts } from "#audit/facts/facts.ts";
import type { Settings } from "#config/settings.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import type { Clock } from "#ports/clock.ts";
import { runRelaySelfTest } from "#reception/relay-self-test.ts";
import type { Store } from "#store/store.ts";
import { directorySettings, relaySelfTestSettings } from "./slices.ts";

export async function insideFacts(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  settings: Settings,
): Promise<InsideFacts> {
  const directory = await createDirectory({ store, clock, settings: directorySettings(settings) });
  const results = await runRelaySelfTest({ directory, settings: relaySelfTestSettings(settings) });
  directory.close();
  const wrong = results.filter(({ passed }) => !passed).length;
  const { rules, limits } = settings;
  const asked = dnsLists(settings.lists);
  const lists = asked.ok ? asked.value : [];
  const titles = (mode: string, isUri: boolean): readonly string[] =>
    mode === "enforce" ? lists.filter(({ kind }) => (kind === "uri") === isUri).map(({ title }) => title) : [];
  return {
    relaySelfTest: wrong === 0 ? "passed" : wrong,
    dnsLists: titles(rules.dnsbl, false),
    uriLists: titles(rules.uriLists, true),
    blockList: { isEnforced: rules.blockList === "enforce", entries: (await store.listBlockList()).length },
    limits: {
      total: limits.connectionsTotal,
      perAddress: limits.connectionsPerAddress,
      perMinutePerAddress: limits.connectionsPerMinutePerAddress,
    },
  };
}
