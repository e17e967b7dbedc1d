/** Whom each account has written to: noted when its mail is taken, asked when something speaks against a sender. */
import { LRUCache } from "lru-cache";
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { WrittenTo } from "./evidence.ts";
import { ACCOUNTS_PER_QUESTION, NOTED_AGAIN_MS, NOTED_REMEMBERED_MAX } from "./limits.ts";

/** What it needs of the store. Addresses are canonical. */
export interface CorrespondentMemory {
  putCorrespondents(accountId: number, addresses: readonly string[], nowMs: number): Promise<void>;
  findCorrespondents(
    accountIds: readonly number[],
    addresses: readonly string[],
  ): Promise<readonly { readonly accountId: number; readonly address: string; readonly lastMs: number }[]>;
}

/** `local-part@domain` each, empty where there is none. */
export interface SenderNames {
  readonly mailFrom: string;
  readonly author: string;
}

export class Correspondents {
  readonly #memory: CorrespondentMemory;
  readonly #around: { readonly clock: Clock; readonly log: Log };
  readonly #notedMs = new LRUCache<string, number>({ max: NOTED_REMEMBERED_MAX });

  constructor(memory: CorrespondentMemory, around: { readonly clock: Clock; readonly log: Log }) {
    this.#memory = memory;
    this.#around = around;
  }

  /** Never rejects: what cannot be noted is not known. */
  async wrote(accountId: number, addresses: readonly string[]): Promise<void> {
    const { clock, log } = this.#around;
    const nowMs = clock.now();
    const names = new Set(addresses.flatMap((address) => canonical(address) ?? []));
    const news = [...names].filter((name) => nowMs - (this.#notedMs.get(key(accountId, name)) ?? 0) >= NOTED_AGAIN_MS);
    if (news.length === 0) return;
    for (const name of news) this.#notedMs.set(key(accountId, name), nowMs);
    try {
      await this.#memory.putCorrespondents(accountId, news, nowMs);
    } catch (error) {
      for (const name of news) this.#notedMs.delete(key(accountId, name));
      log.error("correspondents-not-noted", { cause: String(error) });
    }
  }

  /** Which of these accounts have written to the sender. Rejects where the store does. */
  async writtenTo(accounts: ReadonlyMap<number, string>, { mailFrom, author }: SenderNames): Promise<WrittenTo[]> {
    const names = new Map<string, WrittenTo["matched"]>();
    const [envelope, from] = [canonical(mailFrom), canonical(author)];
    if (envelope !== undefined) names.set(envelope, "mail-from");
    if (from !== undefined && from !== envelope) names.set(from, "author");
    if (names.size === 0 || accounts.size === 0) return [];
    const ids = [...accounts.keys()];
    const found: Awaited<ReturnType<CorrespondentMemory["findCorrespondents"]>>[] = [];
    for (let at = 0; at < ids.length; at += ACCOUNTS_PER_QUESTION) {
      const asked = ids.slice(at, at + ACCOUNTS_PER_QUESTION);
      found.push(await this.#memory.findCorrespondents(asked, [...names.keys()]));
    }
    return found.flat().flatMap(({ accountId, address, lastMs }): WrittenTo[] => {
      const account = accounts.get(accountId);
      const matched = names.get(address);
      if (account === undefined || matched === undefined) return [];
      const written = { account, matched, value: address, lastMs };
      // Where they are one address, either proof will do.
      return address === from && matched === "mail-from" ? [written, { ...written, matched: "author" }] : [written];
    });
  }
}

function key(accountId: number, address: string): string {
  return `${accountId} ${address}`;
}

function canonical(address: string): string | undefined {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? canonicalAddress(mailbox.value) : undefined;
}
