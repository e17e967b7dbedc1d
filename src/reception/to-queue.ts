/** What the queue is told of a message that goes to other servers: the envelope with all its promises. */
import type { Transaction } from "#protocol/smtp/transaction.ts";
import type { NewQueuedRecipient, Sending } from "#store/queue-rows.ts";
import type { Destination } from "./recipient-policy.ts";
import type { ReceptionSettings } from "./settings.ts";

/** An address that was given twice is sent to once; what the first one asked for counts. */
export function queuedRecipients(
  { recipients }: Transaction,
  destinations: ReadonlyMap<unknown, Destination>,
): readonly NewQueuedRecipient[] {
  const queued = new Map<string, NewQueuedRecipient>();
  for (const recipient of recipients) {
    const destination = destinations.get(recipient);
    if (destination?.kind !== "queue" || queued.has(destination.address)) continue;
    const { notify, originalRecipient } = recipient;
    queued.set(destination.address, { address: destination.address, notify, originalRecipient });
  }
  return [...queued.values()];
}

/** @param account whose credential was accepted; empty for none. */
export function sendingOf(
  { sender }: Transaction,
  account: string,
  { outbound }: Pick<ReceptionSettings, "outbound">,
): Sending {
  const { body, utf8, requireTls, returnContent, envelopeId } = sender;
  const heldFor = outbound === "sent" ? undefined : "settings";
  return { account, origin: "own", body, utf8, requireTls, returnContent, envelopeId, heldFor };
}
