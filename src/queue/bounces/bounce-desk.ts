/** Where a report goes: to the sender's mailbox here, or into the queue for a sender elsewhere; from the null sender. */
import { Buffer } from "node:buffer";
import { scanMessage } from "#mail/mime/scanner.ts";
import { fieldOctets, returnPathField } from "#mail/trace.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { PLAIN_SENDING, type QueuedMessage } from "#store/queue-rows.ts";
import type { AccountId, Delivery, Store } from "#store/store.ts";
import { RETURNED_HEADER_OCTETS_MAX, RETURNED_MESSAGE_OCTETS_MAX } from "../limits.ts";
import { openStoredMessage } from "../stored-message.ts";
import { composeReport, needsUtf8 } from "./compose.ts";
import { isAscii } from "./delivery-status.ts";
import type { Original, Report } from "./report.ts";

/** Whose mail an address is. */
export type SenderPlace =
  | { readonly kind: "accounts"; readonly accountIds: readonly AccountId[] }
  /** `address`: where it is not the reverse-path itself. */
  | { readonly kind: "elsewhere"; readonly address?: string }
  /** An address of ours that nobody has. */
  | { readonly kind: "nobody" };

export interface BounceDeskOptions {
  readonly store: Pick<Store, "readContent">;
  readonly hostname: string;
  readonly random: Random;
  readonly log: Log;
  /** Rejects when it cannot be told now. */
  readonly findSender: (address: string) => Promise<SenderPlace>;
}

const NOTHING: Original = { octets: new Uint8Array(0), isWhole: false, messageId: null };

export class BounceDesk {
  readonly #options: BounceDeskOptions;

  constructor(options: BounceDeskOptions) {
    this.#options = options;
  }

  /** What the store is to deliver; undefined: there is nobody to tell. Rejects when that cannot be found out now. */
  async deliveryOf(report: Report): Promise<Delivery | undefined> {
    const { hostname, random, findSender } = this.#options;
    const { mailFrom } = report.message;
    const place = await findSender(mailFrom);
    if (place.kind === "nobody") return undefined;
    const original = await this.#original(report);
    const sendsTo = place.kind === "elsewhere" && place.address !== undefined ? place.address : mailFrom;
    const content = composeReport(report, { hostname, id: random.id(), original });
    const prefix = place.kind === "accounts" ? fieldOctets([returnPathField(null)]) : new Uint8Array(0);
    return {
      content: { kind: "octets", octets: content },
      prefix,
      index: scanMessage(Buffer.concat([prefix, content])),
      receivedAtMs: report.atMs,
      // RFC 3464 §2: nothing answers a report.
      mailFrom: "",
      ...(place.kind === "accounts"
        ? {
            targets: place.accountIds.map((accountId) => ({ accountId, folder: "inbox", flags: [] }) as const),
            queued: [],
          }
        : { targets: [], queued: [{ address: sendsTo, notify: ["NEVER" as const] }] }),
      sending: { ...PLAIN_SENDING, utf8: needsUtf8(report) || !isAscii(sendsTo) },
    };
  }

  /** What cannot be read any more is not given back: the report goes all the same. */
  async #original({ kind, message }: Report): Promise<Original> {
    try {
      const stored = await openStoredMessage(this.#options.store, message);
      const isWhole = kind === "failed" && isGivenBackWhole(message, stored.sizeOctets);
      const octets = Buffer.from(await stored.read(0, isWhole ? stored.sizeOctets : RETURNED_HEADER_OCTETS_MAX));
      const header = headerOf(octets);
      return { octets: isWhole ? octets : header, isWhole, messageId: messageIdOf(header) };
    } catch (error) {
      this.#options.log.error("original-not-read", { queueId: message.id, cause: String(error) });
      return NOTHING;
    }
  }
}

/** RET (RFC 3461 §4.3); without it small messages of our own users go back whole, other people's do not. */
function isGivenBackWhole({ returnContent, body, account }: QueuedMessage, sizeOctets: number): boolean {
  // Octets that need BINARYMIME cannot stand in a report.
  if (sizeOctets > RETURNED_MESSAGE_OCTETS_MAX || body === "BINARYMIME" || returnContent === "HDRS") return false;
  return returnContent === "FULL" || account !== "";
}

/** With its empty line; as many whole lines of it as the bound allows. */
function headerOf(octets: Buffer): Buffer {
  const end = octets.indexOf("\r\n\r\n");
  if (end !== -1 && end <= RETURNED_HEADER_OCTETS_MAX) return octets.subarray(0, end + 4);
  const last = octets.lastIndexOf("\r\n", RETURNED_HEADER_OCTETS_MAX);
  return octets.subarray(0, last === -1 ? 0 : last + 2);
}

function messageIdOf(header: Buffer): string | null {
  const [, id] = /^message-id:[ \t]*(?:\r\n[ \t]+)?(<[^\s<>]{1,500}>)/im.exec(header.toString("latin1")) ?? [];
  return id ?? null;
}
