/** What a second MX found out about a message goes along with it, so that the primary one does not judge it again. */
import { formatMailbox } from "#mail/address.ts";
import type { RecipientRequest, Transaction } from "#protocol/smtp/transaction.ts";
import type { Delivery } from "#store/store.ts";
import { type Evidence, NO_EVIDENCE } from "#verdict/evidence.ts";
import type { Filing } from "#verdict/parties.ts";
import type { Verdict } from "#verdict/verdict.ts";
import type { Judgement } from "./judgement.ts";
import { isSenderProven } from "./passed-on.ts";
import type { Destination } from "./recipient-policy.ts";
import type { SessionRecord } from "./session-record.ts";

/** As it stays beside the message in the queue. */
export interface HandOnFacts {
  /** Of the decision: the message's own name on both nodes. */
  readonly id: string;
  /** Empty for `<>`. The queue has none where nobody could be told of a failure. */
  readonly mailFrom: string;
  readonly isSenderVerified: boolean;
  readonly receivedAtMs: number;
  readonly client: { readonly address: string; readonly name: string; readonly tls: string | null };
  readonly messageId: string | null;
  readonly score: number;
  readonly reasons: readonly string[];
  /** How many recipients are the other node's. */
  readonly addresses: number;
  /** By address; those that are not there have it in the inbox. */
  readonly folders: Readonly<Record<string, Filing>>;
}

/** What was made of the message. */
export interface HandOnVerdict {
  readonly evidence: Evidence;
  readonly verdict: Verdict | null;
  readonly messageId: string | null;
  filing(address: string): Filing;
}

export function handOnVerdict(judgement: Pick<Judgement, "draft" | "filingAt">): HandOnVerdict {
  const { evidence = NO_EVIDENCE, verdict = null, messageId = null } = judgement.draft() ?? {};
  return { evidence, verdict, messageId, filing: (address) => judgement.filingAt(address) };
}

/** Undefined: nothing of it is for another node. */
export function handOnFacts(
  { sender, recipients }: Transaction,
  { id, receivedAtMs }: { readonly id: string; readonly receivedAtMs: number },
  destinations: ReadonlyMap<RecipientRequest, Destination>,
  record: Pick<SessionRecord, "connection" | "clientName" | "identity">,
  judged: HandOnVerdict | undefined,
): HandOnFacts | undefined {
  const addresses = recipients.flatMap((recipient) => {
    const destination = destinations.get(recipient);
    return destination?.kind === "queue" && destination.isHandedOn === true ? [destination.address] : [];
  });
  if (addresses.length === 0) return undefined;
  const { connection, clientName, identity } = record;
  const filed = addresses.map((address) => [address, judged?.filing(address) ?? "inbox"] as const);
  const mailFrom = sender.reversePath === null ? "" : formatMailbox(sender.reversePath);
  const tls = connection.tls === undefined ? null : `${connection.tls.version} ${connection.tls.cipher}`;
  return {
    id,
    mailFrom,
    isSenderVerified:
      identity !== undefined ||
      (judged !== undefined && mailFrom !== "" && isSenderProven({ evidence: judged.evidence, mailFrom })),
    receivedAtMs,
    client: { address: connection.remote.address, name: clientName, tls },
    messageId: judged?.messageId ?? null,
    score: judged?.verdict?.sum ?? 0,
    reasons: judged?.verdict?.reasons ?? [],
    addresses: new Set(addresses).size,
    folders: Object.fromEntries(filed.filter(([, folder]) => folder !== "inbox")),
  };
}

/** The delivery with what goes along to the other node. What is for it waits for nobody's release. */
export function withHandOn<Envelope extends Pick<Delivery, "queued" | "sending" | "mailFrom">>(
  delivery: Envelope,
  facts: HandOnFacts | undefined,
): Envelope & Pick<Delivery, "handOn"> {
  if (facts === undefined) return delivery;
  const handOn = JSON.stringify(facts);
  const isAllHandedOn = delivery.queued.length === facts.addresses;
  if (!isAllHandedOn) return { ...delivery, handOn };
  const sending = delivery.sending === undefined ? undefined : { ...delivery.sending, heldFor: undefined };
  // Nobody is told that mail failed who may never have sent it: the queue keeps it for the administrator instead.
  const mailFrom = facts.isSenderVerified ? delivery.mailFrom : "";
  return { ...delivery, handOn, mailFrom, ...(sending === undefined ? {} : { sending }) };
}
