/** Sends the reports that DSN promises (RFC 3461): to whom, and whether at all. */
import { Buffer } from "node:buffer";
import type { Directory } from "#identity/directory.ts";
import { formatMailbox, type Mailbox } from "#mail/address.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import { fieldOctets, returnPathField } from "#mail/trace.ts";
import type { Transaction } from "#protocol/smtp/transaction.ts";
import { PLAIN_SENDING, type Sending } from "#store/queue-rows.ts";
import type { Delivery, DeliveryTarget } from "#store/store.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import { isDeliveredHere } from "./passed-on.ts";
import type { Destination } from "./recipient-policy.ts";
import { successReport } from "./success-report.ts";

export interface Delivered {
  readonly transaction: Transaction;
  readonly destinations: ReadonlyMap<unknown, Destination>;
  readonly header: readonly Uint8Array[];
  /** Somebody vouches for the sender: a user, or the local program that hands mail on. */
  readonly isSenderKnown: boolean;
}

/** After the message is stored. Rejects when the report cannot be: the message itself is safe. */
export async function reportSuccess(deps: SmtpDependencies, delivered: Delivered): Promise<void> {
  const { sender, recipients } = delivered.transaction;
  const asked = recipients.filter(
    (recipient) =>
      recipient.notify?.includes("SUCCESS") === true && isDeliveredHere(delivered.destinations.get(recipient)),
  );
  if (asked.length === 0 || sender.reversePath === null) return;
  const where = await destinationOf(deps, sender.reversePath, delivered.isSenderKnown);
  if (where === undefined) return;
  const content = successReport({
    sender: sender.reversePath,
    recipients: asked,
    envelopeId: sender.envelopeId,
    header: delivered.header,
    hostname: deps.settings.hostname,
    id: deps.random.id(),
    atMs: deps.clock.now(),
  });
  const prefix = fieldOctets(where.targets.length > 0 ? [returnPathField(null)] : []);
  await deps.store.deliver({
    content: { kind: "octets", octets: content },
    prefix,
    index: scanMessage(Buffer.concat([prefix, content])),
    receivedAtMs: deps.clock.now(),
    mailFrom: "", // RFC 3464 §2: nothing answers a report
    ...where,
  });
}

/** A stranger who names a user of ours as the sender gets no report into that user's mailbox. */
async function destinationOf(
  { directory, settings }: SmtpDependencies,
  sender: Mailbox,
  isSenderKnown: boolean,
): Promise<Pick<Delivery, "targets" | "queued" | "sending"> | undefined> {
  if (directory.domainRole(sender.domain) === "primary") {
    return isSenderKnown ? { targets: await inboxesOf(directory, sender), queued: [] } : undefined;
  }
  if (settings.outbound === "off") return undefined;
  const sending: Sending = { ...PLAIN_SENDING, heldFor: settings.outbound === "held" ? "settings" : undefined };
  return { targets: [], queued: [{ address: formatMailbox(sender), notify: ["NEVER"] }], sending };
}

async function inboxesOf(directory: Directory, sender: Mailbox): Promise<readonly DeliveryTarget[]> {
  const resolution = await directory.resolve(sender);
  const accounts = resolution.kind === "accounts" ? resolution.recipients : [];
  return accounts.map(({ accountId }) => ({ accountId, folder: "inbox", flags: [] }));
}
