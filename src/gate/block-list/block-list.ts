/**
 * The block list as a thread holds it: asked for every connection and login, told of every change. Where entries are kept
 * and how changes travel is the affair of others.
 */
import { parseIp } from "../network/ip-address.ts";
import { type Prefix, parsePrefix } from "../network/prefix.ts";
import { type AskedScope, type BlockEntry, isLive, scopeCovers } from "./entry.ts";
import { ENTRIES_MAX } from "./limits.ts";
import { PrefixTable } from "./prefix-table.ts";

export type BlockListChange =
  | { readonly kind: "put"; readonly entries: readonly BlockEntry[] }
  | { readonly kind: "remove"; readonly entries: readonly Pick<BlockEntry, "prefix" | "scope" | "kind">[] };

export class BlockList {
  /** All entries of one network together: one of each kind and scope at most, and seldom more than one. */
  readonly #table = new PrefixTable<readonly BlockEntry[]>();
  readonly #hidesOthers: (address: string) => boolean;
  #entries = 0;

  /** @param hidesOthers addresses whose bans are suspended, as other clients stand behind them: `hidden-clients.ts`. */
  constructor(hidesOthers: (address: string) => boolean = () => false) {
    this.#hidesOthers = hidesOthers;
  }

  get size(): number {
    return this.#entries;
  }

  /**
   * The ban in the way of this address, the one of the smallest network; undefined where there is none, or where any
   * live allow entry covers the address, however wide.
   */
  check(address: string, scope: AskedScope, nowMs: number): BlockEntry | undefined {
    const ip = this.#entries === 0 ? undefined : parseIp(address);
    if (ip === undefined) return undefined;
    let ban: BlockEntry | undefined;
    let isAllowed = false;
    this.#table.visitHolding(ip, (entries) => {
      for (const entry of entries) {
        if (!scopeCovers(entry.scope, scope) || !isLive(entry, nowMs)) continue;
        if (entry.kind === "allow") isAllowed = true;
        else ban = entry;
      }
    });
    return ban === undefined || isAllowed || this.#hidesOthers(address) ? undefined : ban;
  }

  /** Is there an allow entry for all or part of this? Then no rule may ban it. */
  isAllowed(address: string, scope: AskedScope, nowMs: number): boolean {
    const ip = parseIp(address);
    let found = false;
    if (ip === undefined) return false;
    this.#table.visitHolding(ip, (entries) => {
      found ||= entries.some(
        (entry) => entry.kind === "allow" && scopeCovers(entry.scope, scope) && isLive(entry, nowMs),
      );
    });
    return found;
  }

  /** Bans that an allow entry lifts, as it covers them wholly; the caller removes them from the store. */
  liftedBy(allow: Pick<BlockEntry, "prefix" | "scope">): readonly BlockEntry[] {
    const prefix = parsed(allow.prefix);
    return this.#table
      .within(prefix)
      .flat()
      .filter(({ kind, scope }) => kind === "ban" && scopeCovers(allow.scope, scope));
  }

  /** Entries of the network itself and of all inside it. */
  within(prefix: Prefix): readonly BlockEntry[] {
    return this.#table.within(prefix).flat();
  }

  all(): readonly BlockEntry[] {
    const everything = { words: [0, 0, 0, 0], length: 0 } as const;
    return [...this.within({ family: 4, ...everything }), ...this.within({ family: 6, ...everything })];
  }

  apply(change: BlockListChange): void {
    if (change.kind === "put") for (const entry of change.entries) this.put(entry);
    else for (const entry of change.entries) this.remove(entry);
  }

  /** False: the list is full, and the entry is not in it. */
  put(entry: BlockEntry): boolean {
    const prefix = parsed(entry.prefix);
    const others = this.#others(prefix, entry);
    const isNew = others.length === (this.#table.get(prefix)?.length ?? 0);
    if (isNew && this.#entries >= ENTRIES_MAX) return false;
    this.#table.set(prefix, [...others, entry]);
    if (isNew) this.#entries++;
    return true;
  }

  remove(entry: Pick<BlockEntry, "prefix" | "scope" | "kind">): boolean {
    const prefix = parsed(entry.prefix);
    const before = this.#table.get(prefix)?.length ?? 0;
    const others = this.#others(prefix, entry);
    if (others.length === before) return false;
    if (others.length === 0) this.#table.delete(prefix);
    else this.#table.set(prefix, others);
    this.#entries--;
    return true;
  }

  /** Removes what has ended, and says what it was, for the store. */
  removeEnded(nowMs: number): readonly BlockEntry[] {
    const ended = this.all().filter((entry) => !isLive(entry, nowMs));
    for (const entry of ended) this.remove(entry);
    return ended;
  }

  /** What stands for the prefix beside the entry of that kind and scope. */
  #others(prefix: Prefix, { kind, scope }: Pick<BlockEntry, "scope" | "kind">): readonly BlockEntry[] {
    return (this.#table.get(prefix) ?? []).filter((entry) => entry.kind !== kind || entry.scope !== scope);
  }
}

/** Entries are made by `makeEntry`, which has read their prefix. */
function parsed(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (!prefix.ok) throw new Error(`${text} is no prefix: ${prefix.problem}`);
  return prefix.value;
}
