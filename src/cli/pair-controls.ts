/** What `postern pair` asks the running server. */
import { z } from "zod";
import { failed, ok } from "#mail/result.ts";
import { nodeStates } from "#threads/pair-states.ts";
import { type ControlContext, command } from "./control-entry.ts";
import { silentLog } from "./silent-log.ts";

const NOT_RUNNING = failed("pair-not-running");
const nothing = z.strictObject({});

export const pairControls = {
  "pair-code": command(nothing, async ({ pairing }) => (await pairing?.()?.makeCode()) ?? NOT_RUNNING),
  "pair-join": command(
    z.strictObject({ host: z.string(), code: z.string() }),
    async ({ pairing }, { host, code }) => (await pairing?.()?.join(host, code)) ?? NOT_RUNNING,
  ),
  "pair-list": command(nothing, async (context) => ok(await pairState(context))),
  "pair-remove": command(
    z.strictObject({ node: z.string() }),
    async ({ pairing }, { node }) => (await pairing?.()?.remove(node)) ?? NOT_RUNNING,
  ),
};

/** As the server has it, or without one as the store has it. */
export function pairState({ pairing, administration, settings }: ControlContext): ReturnType<typeof nodeStates> {
  const { store, clock } = administration;
  return pairing?.()?.states() ?? nodeStates(settings, { store, clock, log: silentLog }, new Map());
}
