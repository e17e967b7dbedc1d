/**
 * Remembers senders: who waits, who has waited, and who was good. It says how a sender stands; whether that delays anything
 * is the verdict's affair, which makes nobody wait that has nothing against it.
 */
import { LRUCache } from "lru-cache";
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { GreylistEvidence, KnownBecause } from "./evidence.ts";
import { NOTED_AGAIN_MS, NOTED_REMEMBERED_MAX } from "./limits.ts";
import { correspondentKey, networkAndNameKey, networkKey, type SenderFacts, senderKey } from "./sender-key.ts";
import type { GreylistSettings } from "./settings.ts";
import { agesAt, knownAs, type Remembered, standingOf } from "./standing.ts";

/** The envelope and client of a try; `decision` is the ID for `why`. */
export interface SenderTry {
  readonly mailFrom: string;
  readonly client: string;
  readonly clientName: string;
  readonly decision: string;
}

/** What it needs of the store. */
export interface GreylistMemory {
  findGreylist(keys: readonly string[]): Promise<readonly Remembered[]>;
  /** Notes one more try that is to wait; undefined where it cannot be kept. */
  putGreylistTry(
    key: string,
    about: SenderTry,
    nowMs: number,
    ages: ReturnType<typeof agesAt>,
  ): Promise<Remembered | undefined>;
  putGreylistKnown(
    keys: readonly string[],
    known: Exclude<KnownBecause, "allow-listed">,
    about: SenderTry,
    nowMs: number,
  ): Promise<void>;
}

export interface GreylistOptions {
  readonly memory: GreylistMemory;
  readonly settings: GreylistSettings;
  readonly clock: Clock;
  readonly log: Log;
}

export class Greylist {
  readonly #options: GreylistOptions;
  readonly #notedMs = new LRUCache<string, number>({ max: NOTED_REMEMBERED_MAX });

  constructor(options: GreylistOptions) {
    this.#options = options;
  }

  /**
   * @param sender `mailFrom`: `local-part@domain`, empty for `<>`; `isAllowListed`: an allow list has the client's address.
   * Rejects where the store does.
   */
  async standing(
    sender: SenderFacts & { readonly mailFrom: string; readonly isAllowListed: boolean },
  ): Promise<GreylistEvidence> {
    const { memory, settings, clock } = this.#options;
    const key = senderKey(sender);
    if (sender.isAllowListed) return knownAs(key, "allow-listed");
    const vouching = sender.mailFrom === "" ? [] : [correspondentKey(canonical(sender.mailFrom))];
    const rows = await memory.findGreylist([
      ...new Set([key, networkAndNameKey(sender), networkKey(sender.client), ...vouching]),
    ]);
    return standingOf(key, rows, clock.now(), settings);
  }

  /**
   * The sender is to wait: its try is noted, so that the wait has an end. Null where it cannot be: then it must not wait,
   * as it would do so for ever. Rejects where the store does.
   */
  async keepWaiting(found: GreylistEvidence, tried: SenderTry): Promise<GreylistEvidence | null> {
    const { memory, settings, clock } = this.#options;
    const nowMs = clock.now();
    const row = await memory.putGreylistTry(found.key, tried, nowMs, agesAt(nowMs, settings));
    if (row === undefined) return null;
    // Another connection may have been faster with its own try, or with good mail.
    const { standing, because, waitMs } = standingOf(found.key, [row], nowMs, settings);
    return { ...found, standing, because, waitMs: Math.min(found.waitMs, waitMs) };
  }

  /** Its mail was taken. `isSuspicious`: it weighed as much as makes strangers wait. Never rejects. */
  taken(
    { key, standing, because }: GreylistEvidence,
    { folder, isSuspicious }: { readonly folder: "inbox" | "junk"; readonly isSuspicious: boolean },
    tried: SenderTry,
  ): Promise<void> {
    if (because === "allow-listed") return Promise.resolve();
    const hasWaited = standing === "came-again";
    const isGood = folder === "inbox" && !isSuspicious;
    if (isGood) return this.#know([key, networkKey(tried.client)], hasWaited ? "waited" : "delivered", tried);
    // Seen in shadow, a stranger that should have waited stays one. An address that vouches for its mail can be forged, so
    // it does not make its client known.
    const wasGood = because === "waited" || because === "delivered";
    const staysKnown = hasWaited || (wasGood && folder === "inbox");
    return staysKnown ? this.#know([key], hasWaited ? "waited" : "delivered", tried) : Promise.resolve();
  }

  /** A user here writes to these addresses. Never rejects. */
  writtenTo(addresses: readonly string[], tried: SenderTry): Promise<void> {
    const keys = addresses.map((address) => correspondentKey(canonical(address)));
    return this.#know(keys, "written-to", tried);
  }

  async #know(
    keys: readonly string[],
    because: Exclude<KnownBecause, "allow-listed">,
    tried: SenderTry,
  ): Promise<void> {
    const { memory, clock, log } = this.#options;
    const nowMs = clock.now();
    const news = keys.filter((key) => nowMs - (this.#notedMs.get(key) ?? Number.NEGATIVE_INFINITY) >= NOTED_AGAIN_MS);
    if (news.length === 0) return;
    for (const key of news) this.#notedMs.set(key, nowMs);
    try {
      await memory.putGreylistKnown(news, because, tried, nowMs);
    } catch (error) {
      for (const key of news) this.#notedMs.delete(key);
      log.error("greylist-not-noted", { keys: news, cause: String(error) });
    }
  }
}

function canonical(address: string): string {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? canonicalAddress(mailbox.value) : address;
}
