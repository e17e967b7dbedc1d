/** Messages, accounts and folders for the contract tests. */
import { scanMessage } from "#mail/mime/scanner.ts";
import type { Delivery, DeliveryTarget, NewMessage, Store } from "../store.ts";

/** A message of about `sizeOctets`, its words told apart by `subject`. */
export function messageText(subject: string, sizeOctets = 0, body = `This is ${subject}.\r\n`): Uint8Array {
  const start = `Subject: ${subject}\r\nDate: Tue, 24 Nov 2026 23:30:00 -0500\r\n\r\n${body}`;
  return Buffer.from(start.padEnd(sizeOctets, "0123456789abcdef"));
}

export function newMessage(octets: Uint8Array, flags: readonly string[] = [], internalDateMs = 1_000_000): NewMessage {
  return { content: { kind: "octets", octets }, index: scanMessage(octets), flags, internalDateMs };
}

export function delivery(
  octets: Uint8Array,
  targets: readonly DeliveryTarget[],
  options: Partial<Pick<Delivery, "prefix" | "queued" | "forwarded" | "sending" | "submission">> = {},
): Delivery {
  const prefix = options.prefix ?? new Uint8Array(0);
  return {
    content: { kind: "octets", octets },
    prefix,
    index: scanMessage(Buffer.concat([prefix, octets])),
    receivedAtMs: 2_000_000,
    targets,
    queued: options.queued ?? [],
    mailFrom: "sender@example.org",
    ...(options.sending === undefined ? {} : { sending: options.sending }),
    ...(options.forwarded === undefined ? {} : { forwarded: options.forwarded }),
    ...(options.submission === undefined ? {} : { submission: options.submission }),
  };
}

/** When the time of what is kept back is over. */
export const UNTIL_MS = 9_000_000;

/** Kept back from these accounts, with room for a few, beside those it is delivered to. */
export function keptBack(
  id: string,
  accountIds: readonly number[],
  octets: Uint8Array,
  targets: readonly DeliveryTarget[],
): Delivery {
  const about = { client: "198.51.100.7", messageId: "<1@sender.example>", untilMs: UNTIL_MS, octetsMax: 200_000 };
  const quarantine = { ...about, id, accountIds, score: 16.5, reasons: ["score-quarantine", "listed"] };
  return { ...delivery(octets, targets), quarantine };
}

export function toInbox(accountId: number): DeliveryTarget {
  return { accountId, folder: "inbox", flags: [] };
}

/** An account with its INBOX. */
export async function someAccount(store: Store, address = "alice@example.test", quotaOctets: number | null = null) {
  const created = await store.createAccount({ address, quotaOctets, nowMs: 1_700_000_000_000 });
  if (!created.ok) throw new Error(created.problem);
  const inbox = await folderNamed(store, created.value.id, "INBOX");
  return { account: created.value, inbox };
}

export async function folderNamed(store: Store, accountId: number, name: string) {
  const folder = await store.findFolder(accountId, name);
  if (folder === undefined) throw new Error(`no folder ${name}`);
  return folder;
}

/** The whole message, read in pieces of `pieceOctets`. */
export async function wholeContent(store: Store, blobId: number, pieceOctets = 100_000): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; ; at += pieceOctets) {
    const piece = await store.readContent(blobId, at, at + pieceOctets);
    if (piece === undefined) return undefined;
    pieces.push(piece);
    if (piece.length < pieceOctets) return Buffer.concat(pieces);
  }
}
