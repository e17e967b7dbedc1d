/**
 * Takes mail that another node accepted for us: judged there, once, and delivered here as it was judged. What was taken before
 * is not taken again, however often a lost answer makes it come.
 */
import type { Directory, Recipient } from "#identity/directory.ts";
import type { ReturnAddresses } from "#identity/return-address.ts";
import { formatMailbox, type Mailbox, parseMailbox, type ReversePath } from "#mail/address.ts";
import type { Content } from "#mail/content.ts";
import { fieldOctets, receivedField, returnPathField } from "#mail/trace.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Spool } from "#ports/spool.ts";
import type { HandOver, HandOverAnswer } from "#protocol/pair/messages.ts";
import { type CompleteMessage, IncomingMessage } from "#reception/incoming-message.ts";
import { PLAIN_SENDING, type Sending } from "#store/queue-rows.ts";
import type { Delivery, DeliveryTarget, Forwarding, Store } from "#store/store.ts";
import { ANSWER_MS } from "./limits.ts";
import { LinkError, type PairLink } from "./pair-link.ts";

export interface HandOverDeskOptions {
  readonly store: Pick<Store, "deliver" | "findHandedOver" | "listPairNodes">;
  readonly directory: Pick<Directory, "domainRole" | "resolve" | "resolvePostmaster">;
  readonly returns: Pick<ReturnAddresses, "make">;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: {
    readonly hostname: string;
    readonly messageSizeOctetsMax: number;
    readonly headerOctetsMax: number;
    readonly receivedFieldsMax: number;
    readonly quarantine: { readonly keepMs: number; readonly octetsMax: number };
  };
}

type Folder = HandOver["recipients"][number]["folder"];

/** A recipient and what becomes of it. */
interface Placed {
  readonly answer: HandOverAnswer;
  readonly key: string;
  readonly folder: Folder;
  readonly accounts: readonly Recipient[];
  /** Addresses elsewhere that it is passed on to, and the domain that does so. */
  readonly forwards: readonly string[];
  readonly address: Mailbox | undefined;
}

const TAKEN: HandOverAnswer = { code: 250, status: "2.0.0", text: "Taken" };
const TAKEN_BEFORE: HandOverAnswer = { code: 251, status: "2.0.0", text: "Was taken before" };
const NOT_OURS: HandOverAnswer = { code: 550, status: "5.7.1", text: "The domain is not this node's own" };
const UNKNOWN: HandOverAnswer = { code: 550, status: "5.1.1", text: "No such user here any more" };
const NOT_NOW: HandOverAnswer = { code: 451, status: "4.3.0", text: "Cannot tell now whether the recipient exists" };
const FULL: HandOverAnswer = { code: 452, status: "4.2.2", text: "Mailbox full" };
const TOO_LARGE: HandOverAnswer = { code: 552, status: "5.3.4", text: "The message is larger than this node takes" };
const NOT_STORED: HandOverAnswer = { code: 451, status: "4.3.1", text: "The message could not be stored" };

/** The mildest first: where two recipients are one account. */
const FOLDERS: readonly Folder[] = ["inbox", "junk", "quarantine"];

export class HandOverDesk {
  readonly #options: HandOverDeskOptions;

  constructor(options: HandOverDeskOptions) {
    this.#options = options;
  }

  /** Answers a whole hand-over. Rejects with `LinkError`. */
  async take(link: PairLink, node: string, handOver: HandOver): Promise<void> {
    const placed = await this.#place(node, handOver);
    await link.say({ kind: "recipients", answers: placed.map(({ answer }) => answer) });
    const wanted = placed.filter(({ answer }) => answer === TAKEN);
    if (wanted.length === 0) return;
    const message = await this.#receive(link, node, handOver);
    const answer = message === undefined ? NOT_STORED : await this.#deliver(node, handOver, wanted, message);
    await link.say({ kind: "taken", answers: wanted.map(() => answer) });
  }

  /** Where each recipient's mail goes; `TAKEN` where its octets are wanted. */
  async #place(node: string, handOver: HandOver): Promise<readonly Placed[]> {
    const { store, settings } = this.#options;
    const keys = handOver.recipients.map(({ address }) => keyOf(node, handOver.id, address));
    const before = new Set(await store.findHandedOver(keys));
    const isTooLarge = handOver.sizeOctets > settings.messageSizeOctetsMax + settings.headerOctetsMax;
    return Promise.all(
      handOver.recipients.map(async ({ address, folder }, index): Promise<Placed> => {
        const key = keys[index] ?? "";
        const mailbox = parsed(address);
        const refused = (answer: HandOverAnswer): Placed => ({ ...nobody(answer), key, folder, address: mailbox });
        if (before.has(key)) return refused(TAKEN_BEFORE);
        if (mailbox === undefined || this.#options.directory.domainRole(mailbox.domain) !== "primary") {
          return refused(NOT_OURS);
        }
        if (isTooLarge) return refused(TOO_LARGE);
        return { key, folder, address: mailbox, ...(await this.#resolve(mailbox, handOver)) };
      }),
    );
  }

  async #resolve(mailbox: Mailbox, handOver: HandOver): Promise<Fate> {
    const { directory } = this.#options;
    try {
      const found = await directory.resolve(mailbox);
      if (found.kind === "accounts") {
        const { recipients: accounts, forwards } = found;
        const isFull = accounts.length > 0 && areFull(accounts, handOver.sizeOctets);
        return isFull ? nobody(FULL) : { answer: TAKEN, accounts, forwards };
      }
      // Its sender is told where it is sure who that is. To tell whoever stands in a forged reverse-path is backscatter: the
      // postmaster gets it instead, so that it is not lost.
      if (handOver.isSenderVerified) return nobody(UNKNOWN);
      const postmaster = await directory.resolvePostmaster();
      return postmaster.kind === "accounts"
        ? { answer: TAKEN, accounts: postmaster.recipients, forwards: [], folder: "junk" }
        : nobody(NOT_NOW);
    } catch {
      return nobody(NOT_NOW);
    }
  }

  /** Undefined: it could not be kept; all its octets were read. */
  async #receive(
    link: PairLink,
    node: string,
    handOver: HandOver,
  ): Promise<{ readonly complete: CompleteMessage; readonly content: Content } | undefined> {
    const { spool, settings, log } = this.#options;
    let drained = doNothing;
    const name = await this.#nameOf(node);
    const incoming = new IncomingMessage(
      spool.begin(() => drained()),
      {
        hostname: settings.hostname,
        headerOctetsMax: settings.headerOctetsMax * 2,
        // The node counted them, ours and its own come on top.
        receivedFieldsMax: settings.receivedFieldsMax + 2,
        binary: handOver.body === "BINARYMIME",
        fromNode: true,
        digest: undefined,
        prefix: () => this.#prefix(handOver, name, link.remoteAddress),
      },
    );
    try {
      let size = 0;
      for (;;) {
        const octets = await link.hearOctetsOr("end", ANSWER_MS);
        if (octets === undefined) break;
        size += octets.length;
        if (size > handOver.sizeOctets) throw new LinkError("sent more than it announced");
        const room = new Promise<void>((resolve) => (drained = resolve));
        if (!incoming.write(octets)) await room;
      }
      if (size !== handOver.sizeOctets) throw new LinkError("sent less than it announced");
    } catch (error) {
      incoming.discard();
      throw error;
    }
    const complete = incoming.complete();
    if (complete === undefined) {
      log.error("handed-over-refused", { message: handOver.id, node, text: incoming.refusal?.text });
      return undefined;
    }
    try {
      return { complete, content: await incoming.content() };
    } catch (error) {
      log.error("handed-over-not-stored", { message: handOver.id, cause: String(error) });
      return undefined;
    }
  }

  async #deliver(
    node: string,
    handOver: HandOver,
    wanted: readonly Placed[],
    { complete, content }: { readonly complete: CompleteMessage; readonly content: Content },
  ): Promise<HandOverAnswer> {
    const { store, log } = this.#options;
    const { id, mailFrom } = handOver;
    const folders = await this.#folders(node, id, wanted);
    const forwarded = this.#forwarded(handOver, wanted);
    if (folders.size === 0 && forwarded.length === 0) return TAKEN;
    const accountKeys = [...folders.keys()].map((accountId) => accountKey(node, id, accountId));
    const delivery: Delivery = {
      content,
      prefix: complete.prefix,
      index: complete.index,
      receivedAtMs: handOver.receivedAtMs,
      ...this.#targets(handOver, folders),
      queued: [],
      forwarded,
      mailFrom,
      handedOver: [...wanted.map(({ key }) => key), ...accountKeys],
    };
    try {
      const stored = await store.deliver(delivery);
      const outcome = stored.ok ? "taken" : stored.problem;
      log.info("handed-over", { message: id, node, mailFrom, client: handOver.client.address, outcome });
      if (stored.ok) return TAKEN;
      // Another connection with the same message was faster: the next try finds what it left.
      return stored.problem === "nobody-left" ? UNKNOWN : NOT_STORED;
    } catch (error) {
      log.error("handed-over-not-stored", { message: id, cause: String(error) });
      return NOT_STORED;
    }
  }

  /** An account that has it by another of its addresses does not get it twice. */
  async #folders(node: string, id: string, wanted: readonly Placed[]): Promise<ReadonlyMap<number, Folder>> {
    const folders = new Map<number, Folder>();
    for (const { accounts, folder } of wanted) {
      for (const { accountId } of accounts) {
        const other = folders.get(accountId);
        const isMilder = other === undefined || FOLDERS.indexOf(folder) < FOLDERS.indexOf(other);
        if (isMilder) folders.set(accountId, folder);
      }
    }
    const keys = new Map([...folders.keys()].map((accountId) => [accountKey(node, id, accountId), accountId]));
    for (const key of await this.#options.store.findHandedOver([...keys.keys()])) folders.delete(keys.get(key) ?? 0);
    return folders;
  }

  /** As reception passes mail on: no spam, and bounces come back to us where the sender is who it says. */
  #forwarded(handOver: HandOver, wanted: readonly Placed[]): readonly Forwarding[] {
    const { returns } = this.#options;
    const reversePath = reversePathOf(handOver.mailFrom);
    const byMailFrom = new Map<string, Set<string>>();
    for (const { address, folder, forwards } of wanted) {
      if (folder !== "inbox" || address === undefined || forwards.length === 0) continue;
      const made =
        handOver.isSenderVerified && reversePath !== null ? returns.make(reversePath, address.domain) : undefined;
      const mailFrom = reversePath === null ? "" : (made ?? formatMailbox(address));
      const known = byMailFrom.get(mailFrom) ?? new Set();
      for (const forward of forwards) known.add(forward);
      byMailFrom.set(mailFrom, known);
    }
    const sending: Sending = { ...PLAIN_SENDING, body: handOver.body, origin: "forwarded" };
    return [...byMailFrom].map(([mailFrom, targets]) => {
      return { mailFrom, queued: [...targets].map((address) => ({ address })), sending };
    });
  }

  #targets(handOver: HandOver, folders: ReadonlyMap<number, Folder>): Pick<Delivery, "targets" | "quarantine"> {
    const { clock, settings } = this.#options;
    const targets: DeliveryTarget[] = [];
    const accountIds: number[] = [];
    for (const [accountId, folder] of folders) {
      if (folder === "quarantine") accountIds.push(accountId);
      else targets.push({ accountId, folder, flags: [] });
    }
    if (accountIds.length === 0) return { targets };
    const { id, messageId, score, reasons, client } = handOver;
    const { keepMs, octetsMax } = settings.quarantine;
    const untilMs = clock.now() + keepMs;
    return {
      targets,
      quarantine: { id, client: client.address, messageId, score, reasons, untilMs, accountIds, octetsMax },
    };
  }

  #prefix({ mailFrom }: HandOver, node: string, clientAddress: string): Uint8Array {
    const { settings, random, clock } = this.#options;
    const received = receivedField({
      clientName: node,
      clientAddress,
      hostname: settings.hostname,
      transmission: "ESMTPS",
      tls: undefined,
      id: random.id(),
      recipient: undefined,
      atMs: clock.now(),
    });
    return fieldOctets([returnPathField(reversePathOf(mailFrom)), received]);
  }

  async #nameOf(node: string): Promise<string> {
    const nodes = await this.#options.store.listPairNodes();
    return nodes.find(({ fingerprint }) => fingerprint === node)?.name ?? "unknown";
  }
}

type Fate = Pick<Placed, "answer" | "accounts" | "forwards"> & { readonly folder?: Folder };

function nobody(answer: HandOverAnswer): Pick<Placed, "answer" | "accounts" | "forwards"> {
  return { answer, accounts: [], forwards: [] };
}

function areFull(accounts: readonly Recipient[], sizeOctets: number): boolean {
  return accounts.every(({ usedOctets, quotaOctets }) => quotaOctets !== null && usedOctets + sizeOctets > quotaOctets);
}

function keyOf(node: string, id: string, address: string): string {
  return `${node} ${id} ${address.toLowerCase()}`;
}

function accountKey(node: string, id: string, accountId: number): string {
  return `${node} ${id} #${accountId}`;
}

function parsed(address: string): Mailbox | undefined {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? mailbox.value : undefined;
}

function reversePathOf(mailFrom: string): ReversePath {
  return parsed(mailFrom) ?? null;
}

function doNothing(): void {
  // Nobody waits yet.
}
