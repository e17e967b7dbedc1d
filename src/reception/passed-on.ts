/** Mail that an alias passes on: under which reverse-paths, and when not. */
import type { ReturnAddresses } from "#identity/return-address.ts";
import { formatMailbox } from "#mail/address.ts";
import { reply } from "#mail/reply.ts";
import type { RecipientRequest, Transaction } from "#protocol/smtp/transaction.ts";
import type { Forwarding } from "#store/store.ts";
import { vouchingDomain } from "#verdict/spf-rule.ts";
import type { DecisionDraft } from "./decision-draft.ts";
import type { Destination } from "./recipient-policy.ts";
import type { ReceptionSettings } from "./settings.ts";
import { sendingOf } from "./to-queue.ts";

/** What we pass on is sent in our name: with spam our address would be listed. */
export const SPAM_NOT_PASSED_ON = reply(
  550,
  "5.7.1",
  "This address passes mail on, and does not pass on what looks like spam; see `postern why` for the reasons",
);

export function isDeliveredHere(destination: Destination | undefined): boolean {
  return destination?.kind === "accounts" && destination.accounts.length > 0;
}

/** Is the message for nobody but addresses elsewhere? */
export function isOnlyPassedOn(destinations: Iterable<Destination>): boolean {
  const all = [...destinations];
  return (
    all.length > 0 &&
    all.every((one) => one.kind === "return" || (one.kind === "accounts" && one.accounts.length === 0))
  );
}

export function forwardings(
  transaction: Transaction,
  destinations: ReadonlyMap<RecipientRequest, Destination>,
  {
    returns,
    settings,
    isProven,
  }: { readonly returns?: ReturnAddresses; readonly settings: ReceptionSettings; readonly isProven: boolean },
): readonly Forwarding[] {
  const byMailFrom = new Map<string, Set<string>>();
  for (const recipient of transaction.recipients) {
    const destination = destinations.get(recipient);
    if (destination === undefined || destination.kind === "queue") continue;
    const targets = destination.kind === "return" ? [destination.address] : destination.forwards;
    // Most mail stays here: no path is made for nobody.
    if (targets.length === 0) continue;
    const mailFrom =
      destination.kind === "return"
        ? ""
        : reversePathFor(transaction, recipient, destination, isProven ? returns : undefined);
    const known = byMailFrom.get(mailFrom) ?? new Set();
    for (const target of targets) known.add(target);
    byMailFrom.set(mailFrom, known);
  }
  // Nobody here sent it: the promises to its sender are kept, and it counts for no account.
  const sending = { ...sendingOf(transaction, "", settings), origin: "forwarded" } as const;
  return [...byMailFrom].map(([mailFrom, targets]) => {
    return { mailFrom, queued: [...targets].map((address) => ({ address })), sending };
  });
}

/**
 * Bounces go to the alias itself, and end there, where the sender's address does not fit into one of ours, and where nothing
 * proves that it is the sender's: a stranger whose address was borrowed must not get bounces from us.
 */
function reversePathFor(
  { sender }: Transaction,
  { path }: RecipientRequest,
  { forwardingDomain }: Extract<Destination, { readonly kind: "accounts" }>,
  returns: ReturnAddresses | undefined,
): string {
  if (sender.reversePath === null) return "";
  const made = returns?.make(sender.reversePath, forwardingDomain);
  return made ?? (path === "postmaster" ? "" : formatMailbox(path));
}

/** SPF passed for the reverse-path, or the author of the same domain is proven. */
export function isSenderProven(draft: Pick<DecisionDraft, "evidence" | "mailFrom"> | undefined): boolean {
  const { spf = null, dmarc = null } = draft?.evidence ?? {};
  if (vouchingDomain(spf) !== null) return true;
  const domain = draft?.mailFrom?.slice(draft.mailFrom.lastIndexOf("@") + 1);
  return dmarc?.result === "pass" && dmarc.author.kind === "one" && dmarc.author.domain === domain;
}
