/** Control commands for the greylist: every delay can be seen, and ended. */
import { z } from "zod";
import { correspondentKey, networkKey } from "#evidence/greylist/sender-key.ts";
import { agesAt } from "#evidence/greylist/standing.ts";
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import { failed, ok } from "#mail/result.ts";
import type { GreylistRow } from "#store/greylist-row.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import { greylistSettings } from "#threads/greylist-settings.ts";
import { type ControlContext, command } from "./control-entry.ts";

export interface ListedSender extends GreylistRow {
  /** When its next try is taken; null where it need not wait. Milliseconds since the epoch. */
  readonly waitsUntilMs: number | null;
}

export interface GreylistCounts {
  readonly mode: "shadow" | "enforce";
  readonly waiting: number;
  readonly known: number;
}

const KEY = /^(?:spf|net|sender):\S+$/;

export const greylistCommands = {
  "greylist-list": command(
    z.strictObject({ which: z.enum(["waiting", "known"]), limit: z.int().min(1).max(ROWS_PER_CALL_MAX) }),
    async (context, { which, limit }) => {
      const { store, clock } = context.administration;
      const { delayMs, ...remembered } = greylistSettings(context.settings);
      const ages = agesAt(clock.now(), remembered);
      const sinceMs = which === "waiting" ? ages.waitingSinceMs : ages.knownSinceMs;
      const rows = await store.listGreylist({ which, sinceMs, limit });
      const senders = rows.map(
        (row): ListedSender => ({ ...row, waitsUntilMs: row.known === null ? row.firstMs + delayMs : null }),
      );
      return ok({ mode: context.settings.rules.greylist, counts: await store.countGreylist(ages), senders });
    },
  ),
  /** Lets through now: a key that is there, or all of an address, now and when it comes. */
  "greylist-release": command(z.strictObject({ what: z.string() }), async (context, { what }) => {
    const target = targetOf(what.trim());
    if (target === undefined) return failed("bad-greylist-key");
    const { store, clock } = context.administration;
    const nowMs = clock.now();
    const released = new Map<string, GreylistRow>();
    const wanted = { which: "waiting", sinceMs: 0, limit: ROWS_PER_CALL_MAX } as const;
    for (const about of target.about) {
      for (const row of await store.listGreylist({ ...wanted, about })) released.set(row.key, row);
    }
    if (target.makesKnown === null && released.size === 0) {
      const [row] = await store.findGreylist(target.about);
      return row === undefined ? failed("no-such-sender") : ok({ released: [], already: true });
    }
    for (const { key, last } of released.values()) await store.putGreylistKnown([key], "released", last, nowMs);
    if (target.makesKnown !== null) await store.putGreylistKnown([target.makesKnown], "released", NOBODY_YET, nowMs);
    return ok({ released: [...released.values()], already: false });
  }),
};

const NOBODY_YET = { mailFrom: "", client: "", clientName: "", decision: "" };

/** For `status`; null where the rule is off. */
export async function greylistCounts({ administration, settings }: ControlContext): Promise<GreylistCounts | null> {
  const mode = settings.rules.greylist;
  if (mode === "off") return null;
  const ages = agesAt(administration.clock.now(), greylistSettings(settings));
  return { mode, ...(await administration.store.countGreylist(ages)) };
}

interface Target {
  /** What the rows that wait are found by. */
  readonly about: readonly string[];
  /** Does not wait from now on, met before or not; null for keys, where it could be a slip of the pen. */
  readonly makesKnown: string | null;
}

function targetOf(text: string): Target | undefined {
  if (KEY.test(text)) return { about: [text], makesKnown: null };
  const client = parseIpAddress(text.replace(/^\[(?:IPv6:)?(.*)\]$/i, "$1"));
  if (client !== undefined) {
    const network = networkKey(client);
    return { about: [client, `${network}+`], makesKnown: network };
  }
  const mailbox = parseMailbox(text.replace(/^<(.*)>$/, "$1"), { utf8: true });
  if (!mailbox.ok) return undefined;
  const address = canonicalAddress(mailbox.value);
  return { about: [address], makesKnown: correspondentKey(address) };
}
