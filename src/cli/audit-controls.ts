/** What a running server tells the audit about itself: what nobody can see from outside. */
import { z } from "zod";
import type { InsideFacts } from "#audit/facts/facts.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { failed, ok } from "#mail/result.ts";
import { runRelaySelfTest } from "#reception/relay-self-test.ts";
import { directorySettings, relaySelfTestSettings } from "#threads/slices.ts";
import { type ControlContext, type ControlOutcome, command } from "./control-entry.ts";

export const auditCommands = {
  "audit-inside": command(z.strictObject({}), async (context): Promise<ControlOutcome<InsideFacts>> => {
    if ((await context.running()) === undefined) return failed("not-running");
    return ok(await insideFacts(context));
  }),
};

async function insideFacts({ administration, settings }: ControlContext): Promise<InsideFacts> {
  const { store, clock } = administration;
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
