/** Control commands for the queue. They change rows of the store; whoever sends hears of it from there. */
import { z } from "zod";
import { failed, ok } from "#mail/result.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { QueueSelection } from "#store/queue-rows.ts";
import { command } from "./control-entry.ts";

const HOUR_MS = 3_600_000;

const page = { limit: z.int().min(1).max(ROWS_PER_CALL_MAX) };
const selection = {
  id: z.int().optional(),
  account: z.string().optional(),
  domain: z.string().optional(),
};

export const queueControls = {
  "queue-list": command(
    z.strictObject({
      ...page,
      ...selection,
      state: z.enum(["waiting", "in-flight", "finishing", "held", "dead"]).optional(),
      after: z.int().optional(),
    }),
    async ({ administration: { store } }, { limit, state, after, ...selected }) => {
      const given = { ...(state === undefined ? {} : { state }), ...(after === undefined ? {} : { after }) };
      return ok({
        entries: await store.listQueue({ limit, ...chosen(selected), ...given }),
        counts: await store.countQueue(),
      });
    },
  ),
  "queue-show": command(
    z.strictObject({ ...page, id: z.int(), after: z.int().optional() }),
    async ({ administration: { store } }, { id, limit, after }) => {
      const found = await store.findQueued(id, { limit, ...(after === undefined ? {} : { after }) });
      return found === undefined ? failed("no-such-entry") : ok(found);
    },
  ),
  /** One piece; `changed` 0: there is no more. */
  "queue-change": command(
    z.strictObject({ ...selection, action: z.enum(["retry", "hold", "release", "remove"]) }),
    async ({ administration: { store, clock }, settings }, { action, ...selected }) => {
      const { id, domain, account } = chosen(selected);
      // An account's mail is released as a whole, and what comes is not held again at once.
      const whole = id === undefined && domain === undefined ? account : undefined;
      const quietUntilMs = clock.now() + settings.sending.quietHours * HOUR_MS;
      const ended = action === "release" && whole !== undefined ? await store.quietSending(whole, quietUntilMs) : 0;
      const changed = await store.changeQueued(chosen(selected), action, clock.now());
      return ok({ changed, ended, held: (await store.countQueue()).held });
    },
  ),
  "queue-suppressed": command(
    z.strictObject({ ...page, after: z.string().optional() }),
    async ({ administration: { store } }, { limit, after }) =>
      ok({ addresses: await store.listSuppressed({ limit, ...(after === undefined ? {} : { after }) }) }),
  ),
  "queue-unsuppress": command(z.strictObject({ address: z.string() }), async ({ administration }, { address }) =>
    (await administration.store.removeSuppressed(address.toLowerCase())) ? ok(null) : failed("not-suppressed"),
  ),
};

function chosen({
  id,
  account,
  domain,
}: {
  readonly [Key in keyof QueueSelection]: QueueSelection[Key] | undefined;
}): QueueSelection {
  return {
    ...(id === undefined ? {} : { id }),
    ...(account === undefined ? {} : { account: account.toLowerCase() }),
    ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
  };
}
