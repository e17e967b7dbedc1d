/** What a decision record is found by. */
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import type { DecisionRow } from "#store/decision-row.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";

export function decisionRow(record: DecisionRecord): DecisionRow {
  return { id: record.id, atMs: record.atMs, keys: keysOf(record), record: JSON.stringify(record) };
}

function keysOf(record: DecisionRecord): readonly string[] {
  const { id, session, message, messageId, clientAddress, account, mailFrom, recipients } = record;
  const ids = [session, message ?? "", messageId ?? "", clientAddress];
  const addresses = [account ?? "", mailFrom ?? "", ...recipients.map(({ address }) => address)];
  return [...new Set([...ids, ...addresses.map(addressKey)])].filter((key) => key !== "" && key !== id);
}

/** Lower case where case does not count, so that `Alice@Example.com` is found by `alice@example.com`. */
export function addressKey(address: string): string {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? canonicalAddress(mailbox.value) : address;
}
