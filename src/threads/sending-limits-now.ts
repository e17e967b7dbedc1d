/** Sending limits of one front thread. */
import type { Settings } from "#config/settings.ts";
import { type ReachedLimit, SendingLimits } from "#identity/sending-limits.ts";
import type { Clock } from "#ports/clock.ts";
import type { Store } from "#store/store.ts";
import type { Alert } from "./alert.ts";
import type { FrontGate } from "./front-gate.ts";
import { sendingRules } from "./sending-settings.ts";

/** Undefined where nothing is counted. */
export function openSendingLimits(
  settings: Settings,
  { store, clock, gate }: { readonly store: Store; readonly clock: Clock; readonly gate: Pick<FrontGate, "alert"> },
): SendingLimits | undefined {
  const rulesOf = sendingRules(settings);
  if (rulesOf === undefined) return undefined;
  return new SendingLimits({ store, clock, rulesOf, reached: (reached) => gate.alert(limitAlert(reached)) });
}

export function limitAlert({ account, limit, max, client, untilMs }: ReachedLimit): Alert {
  return {
    name: "sending-limit",
    subject: account,
    text: `${account} has reached its limit of sending: ${limit} = ${max}. What it sends is deferred until ${new Date(untilMs).toISOString()}; the last try came from ${client}.`,
    remedy: `Where it should send more: a [[sending_account]] table with its address. \`postern sending show ${account}\` shows from where it sends.`,
    evidence: [],
  };
}
