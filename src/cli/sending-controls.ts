/** Control commands for what users send, and for accounts whose mail is held. */
import { z } from "zod";
import { failed, ok } from "#mail/result.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import { command } from "./control-entry.ts";

export const sendingControls = {
  "sending-list": command(
    z.strictObject({ limit: z.int().min(1).max(ROWS_PER_CALL_MAX) }),
    async ({ administration: { store, clock } }, { limit }) => ok(await store.listSending(clock.now(), limit)),
  ),
  "sending-show": command(
    z.strictObject({ account: z.string() }),
    async ({ administration: { store, clock } }, { account }) => {
      const found = await store.findAddress(account.toLowerCase());
      if (found?.kind !== "account") return failed("no-such-account");
      return ok(await store.findSendingIncident(found.account.address, clock.now()));
    },
  ),
  /** The triggers are quiet from now on; the limits are not. */
  "sending-announce": command(
    z.strictObject({ account: z.string(), forMs: z.int().positive() }),
    async ({ administration: { store, clock } }, { account, forMs }) => {
      const found = await store.findAddress(account.toLowerCase());
      if (found?.kind !== "account") return failed("no-such-account");
      const { address } = found.account;
      const untilMs = clock.now() + forMs;
      if (!(await store.announceSending(address, untilMs))) return failed("account-held");
      return ok({ account: address, untilMs });
    },
  ),
};
