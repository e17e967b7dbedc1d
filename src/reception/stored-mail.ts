/** Tells of mail that was stored, with what was found out about its author. */
import { canonicalAddress } from "#mail/address.ts";
import type { Transaction } from "#protocol/smtp/transaction.ts";
import type { Delivery, Placed } from "#store/store.ts";
import type { DecisionDraft } from "./decision-draft.ts";
import type { SmtpDependencies } from "./dependencies.ts";

export interface JustStored {
  readonly id: string;
  readonly transaction: Transaction;
  readonly delivery: Pick<Delivery, "index" | "mailFrom" | "receivedAtMs">;
  readonly placed: readonly Placed[];
  readonly draft: Pick<DecisionDraft, "evidence"> | undefined;
}

export function tellStored({ protocol, onStored }: SmtpDependencies, stored: JustStored): void {
  if (onStored === undefined || protocol !== "smtp") return;
  const { id, transaction, delivery, placed, draft } = stored;
  const { index, mailFrom, receivedAtMs } = delivery;
  const dmarc = draft?.evidence.dmarc;
  onStored({
    message: id,
    receivedMs: receivedAtMs,
    sender: dmarc?.author.kind === "one" ? dmarc.author.domain : "",
    isProven: dmarc?.result === "pass",
    recipients: transaction.recipients.map(({ path }) => (path === "postmaster" ? path : canonicalAddress(path))),
    mailFrom,
    index,
    placed,
  });
}
