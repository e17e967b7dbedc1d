/** What two nodes tell each other in a round: words about the block list, known senders, and their own recipients. */
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { FRAME_OCTETS_MAX } from "#protocol/pair/frames.ts";
import {
  type Bundle,
  ENTRIES_PER_BUNDLE_MAX,
  type KnownSender,
  LIST_OCTETS_MAX,
  PAIR_VERSION,
  type Wants,
} from "#protocol/pair/messages.ts";
import type { BlockListKey } from "#store/decision-row.ts";
import type { GreylistRow } from "#store/greylist-row.ts";
import type { PairNodeRow, StampedEntry } from "#store/pair-rows.ts";
import type { Store } from "#store/store.ts";
import { ABSENT_MS, ANSWER_MS, BUNDLE_OCTETS_MAX, CONFIRM_EVERY_MS, EVIDENCE_CHARACTERS_MAX } from "./limits.ts";
import type { OwnRecipients } from "./own-recipients.ts";
import { LinkError, type PairLink } from "./pair-link.ts";
import { listDigest, RecipientList } from "./recipient-list.ts";

export interface ExchangeOptions {
  readonly store: Pick<
    Store,
    | "changedBlockList"
    | "mergeBlockList"
    | "listGreylist"
    | "findGreylist"
    | "putGreylistKnown"
    | "listRecipientLists"
    | "putRecipientList"
    | "confirmRecipientList"
    | "putPairProgress"
    | "listPairNodes"
  >;
  readonly own: Pick<OwnRecipients, "list">;
  /** Our host name. */
  readonly name: string;
  /** Digest of what we judge by. */
  readonly policy: () => string;
  /** May this be banned here? Its own addresses never are. */
  readonly mayBan: (prefix: string) => boolean;
  /** The first round with a node that was not there. */
  readonly connected: (fingerprint: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  /** When a list was last written down as current. */
  readonly #confirmed = new Map<string, number>();
  /** Of the lists that are here. */
  #digests: ReadonlySet<string> = new Set();
  /** When each node was last heard. */
  readonly #met = new Map<string, number>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** What we want of a node. Rejects where it is none of ours any more. */
  async wants(fingerprint: string): Promise<{ readonly node: PairNodeRow; readonly wants: Wants }> {
    const { store } = this.#options;
    const node = (await store.listPairNodes()).find((one) => one.fingerprint === fingerprint);
    if (node === undefined) throw new LinkError("we are not paired with it any more");
    // Only their digests are wanted: octets that were met before stay where they are.
    const lists = await store.listRecipientLists([...this.#digests]);
    this.#digests = new Set(lists.map(({ digest }) => digest));
    const list = lists.find((one) => one.fingerprint === fingerprint);
    const { blockListCursor, sendersCursorMs } = node;
    return { node, wants: { blockListCursor, sendersCursorMs, listDigest: list?.digest ?? null } };
  }

  /** What is new for the other, and the octets of our list where it has another one. */
  async news(wants: Wants): Promise<{ readonly bundle: Bundle; readonly octets: Uint8Array | undefined }> {
    const { own, name, policy } = this.#options;
    const changes = await this.#changes(wants.blockListCursor);
    const known = await this.#known(wants.sendersCursorMs);
    const list = await own.list();
    const octets = list === undefined || list.digest === wants.listDigest ? undefined : list.octets;
    const bundle: Bundle = {
      version: PAIR_VERSION,
      name,
      policy: policy(),
      ...changes,
      senders: known.rows.map(knownSender),
      sendersCursorMs: known.cursorMs,
      isMore: changes.isMore || known.isMore,
      list: list === undefined ? null : { digest: list.digest, octetsToCome: octets?.length ?? 0 },
    };
    return { bundle, octets };
  }

  /** Sends what `news` gave, behind its message. */
  async sayOctets(link: PairLink, octets: Uint8Array | undefined): Promise<void> {
    const length = octets?.length ?? 0;
    for (let at = 0; at < length; at += FRAME_OCTETS_MAX) {
      await link.sayOctets(octets?.subarray(at, at + FRAME_OCTETS_MAX) ?? new Uint8Array());
    }
  }

  /** Takes over what a node said. Rejects with `LinkError`, or when the store cannot be asked. */
  async take(link: PairLink, node: PairNodeRow, bundle: Bundle): Promise<void> {
    const { store, clock, policy } = this.#options;
    await this.#takeList(link, node, bundle);
    const nowMs = clock.now();
    const entries = bundle.blockList.filter(({ entry }) => entry === null || this.#mayTake(entry));
    if (entries.length > 0) await store.mergeBlockList(entries, nowMs);
    await this.#takeSenders(bundle.senders);
    await store.putPairProgress({
      fingerprint: node.fingerprint,
      name: bundle.name,
      blockListCursor: bundle.blockListCursor,
      sendersCursorMs: bundle.sendersCursorMs,
      lastSyncMs: nowMs,
      samePolicy: bundle.policy === policy(),
    });
    if (nowMs - (this.#met.get(node.fingerprint) ?? 0) > ABSENT_MS) this.#options.connected(node.fingerprint);
    this.#met.set(node.fingerprint, nowMs);
  }

  #mayTake({ kind, prefix }: BlockListKey): boolean {
    return kind === "allow" || this.#options.mayBan(prefix);
  }

  async #changes(cursor: number): Promise<Pick<Bundle, "blockList" | "blockListCursor" | "isMore">> {
    const { store } = this.#options;
    let limit = ENTRIES_PER_BUNDLE_MAX;
    for (;;) {
      const changes = await store.changedBlockList(cursor, limit);
      const entries = changes.entries.map(shortened);
      // Entries with much evidence: fewer of them.
      if (limit === 1 || JSON.stringify(entries).length <= BUNDLE_OCTETS_MAX) {
        return { blockList: entries, blockListCursor: changes.cursor, isMore: changes.isMore };
      }
      limit = Math.max(1, Math.floor(limit / 4));
    }
  }

  async #known(
    sinceMs: number,
  ): Promise<{ readonly rows: readonly GreylistRow[]; readonly cursorMs: number; readonly isMore: boolean }> {
    const limit = ENTRIES_PER_BUNDLE_MAX;
    const query = { which: "known", sinceMs, limit, order: "oldest-first" } as const;
    const rows = await this.#options.store.listGreylist(query);
    const isMore = rows.length === limit;
    const lastMs = rows.at(-1)?.lastMs ?? sinceMs;
    // Senders of one moment go over together, or some of them do not: it does not stand still for that.
    return { rows, cursorMs: isMore && lastMs === sinceMs ? lastMs + 1 : lastMs, isMore };
  }

  async #takeList(link: PairLink, { fingerprint }: PairNodeRow, { list }: Bundle): Promise<void> {
    const { store, clock, log } = this.#options;
    if (list === null) return;
    const nowMs = clock.now();
    if (list.octetsToCome === 0) {
      const confirmedMs = this.#confirmed.get(fingerprint) ?? 0;
      if (nowMs - confirmedMs < CONFIRM_EVERY_MS) return;
      this.#confirmed.set(fingerprint, nowMs);
      return store.confirmRecipientList(fingerprint, nowMs);
    }
    const octets = await hearOctets(link, list.octetsToCome);
    const read = RecipientList.read(octets);
    if (read === undefined || listDigest(octets) !== list.digest) throw new LinkError("sent a list that is none");
    await store.putRecipientList({ fingerprint, digest: list.digest, octets, nowMs });
    this.#confirmed.set(fingerprint, nowMs);
    log.info("recipient-list-received", { node: fingerprint, addresses: read.addresses, domains: read.domains.length });
  }

  /** Nobody is known less well for what another node says. */
  async #takeSenders(senders: readonly KnownSender[]): Promise<void> {
    const { store } = this.#options;
    if (senders.length === 0) return;
    const rows = await store.findGreylist(senders.map(({ key }) => key));
    const here = new Map(rows.map((row) => [row.key, row]));
    for (const { key, known, lastMs, last } of senders) {
      const row = here.get(key);
      const isNews = row === undefined || row.known === null || row.lastMs < lastMs;
      if (isNews) await store.putGreylistKnown([key], known, last, lastMs);
    }
  }
}

async function hearOctets(link: PairLink, length: number): Promise<Uint8Array> {
  if (length > LIST_OCTETS_MAX) throw new LinkError("sends more than a list has");
  const whole = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const octets = await link.hearOctetsOr("noted", ANSWER_MS);
    if (octets === undefined || octets.length === 0 || at + octets.length > length) {
      throw new LinkError("sent another list than it announced");
    }
    whole.set(octets, at);
    at += octets.length;
  }
  return whole;
}

function shortened({ key, stamp, entry }: StampedEntry): Bundle["blockList"][number] {
  const { prefix, scope, kind } = key;
  const about = { key: { prefix, scope, kind }, stamp };
  if (entry === null) return { ...about, entry };
  const evidence = entry.evidence.slice(0, 100).map((line) => line.slice(0, 2000));
  const isLong = evidence.join("").length > EVIDENCE_CHARACTERS_MAX;
  return { ...about, entry: { ...entry, reason: entry.reason.slice(0, 1000), evidence: isLong ? [] : evidence } };
}

function knownSender({ key, known, lastMs, last }: GreylistRow): KnownSender {
  const { mailFrom, client, clientName, decision } = last;
  return {
    key,
    known: known ?? "delivered",
    lastMs,
    last: {
      mailFrom: short(mailFrom),
      client: short(client),
      clientName: short(clientName),
      decision: short(decision),
    },
  };
}

function short(text: string): string {
  return text.slice(0, 1000);
}
