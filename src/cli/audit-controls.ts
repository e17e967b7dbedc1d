/** What a running server tells the audit about itself: what nobody can see from outside. */
import { z } from "zod";
import type { InsideFacts } from "#audit/facts/facts.ts";
import { failed, ok } from "#mail/result.ts";
import { insideFacts } from "#threads/inside-facts.ts";
import { type ControlOutcome, command } from "./control-entry.ts";

export const auditCommands = {
  "audit-inside": command(z.strictObject({}), async (context): Promise<ControlOutcome<InsideFacts>> => {
    if ((await context.running()) === undefined) return failed("not-running");
    context.gatekeeper()?.ownAuditBegins();
    return ok(await insideFacts(context.administration, context.settings));
  }),
};
