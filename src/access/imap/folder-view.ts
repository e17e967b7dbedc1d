/**
 * What one session has told its client about the selected folder. The numbers of messages change only when the client
 * hears of it, whatever happens to the folder meanwhile (RFC 3501 §7.4.1); the view keeps what it has not said yet.
 */
import type { Flag, FlagRow, FolderChanges, FolderId, ModSeq, Uid } from "#store/store.ts";
import { KEYWORDS_TOLD_MAX, RECENT_RANGES_MAX } from "../limits.ts";
import { type Range, UidList } from "./uid-list.ts";

/** One untagged response that tells the client of a change. */
export type Notice =
  | { readonly kind: "expunge"; readonly sequence: number; readonly uid: Uid }
  | { readonly kind: "exists"; readonly messages: number }
  | { readonly kind: "recent"; readonly messages: number }
  | {
      readonly kind: "flags";
      readonly sequence: number;
      readonly uid: Uid;
      /** Without `\Recent`. */
      readonly flags: readonly Flag[];
      readonly modSeq: ModSeq;
    };

export interface SelectedFolder {
  readonly folderId: FolderId;
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  /** Read before the UIDs were: what happened in between comes again with the first changes, and does no harm. */
  readonly modSeq: ModSeq;
  readonly uidNext: Uid;
}

export class FolderView {
  readonly folderId: FolderId;
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  readonly messages = new UidList();
  /** Keywords the client has heard of, as written. */
  readonly keywords = new Set<Flag>();
  #modSeq: ModSeq;
  /** UIDs from here on have never been told. */
  #uidNext: Uid;
  /** UIDs that are \Recent in this session, ascending. */
  #recent: Range[] = [];
  #changed = new Map<Uid, FlagRow>();
  #arrived: Uid[] = [];
  #expunged = new Set<Uid>();
  /** Mod-sequences the client heard as answers to its own commands. */
  #told = new Map<Uid, ModSeq>();

  constructor(folder: SelectedFolder, uids: Uint32Array) {
    this.folderId = folder.folderId;
    this.name = folder.name;
    this.readOnly = folder.readOnly;
    this.uidValidity = folder.uidValidity;
    this.#modSeq = folder.modSeq;
    this.messages.append(uids);
    this.#uidNext = Math.max(folder.uidNext, this.messages.lastUid + 1);
  }

  /** The store's changes up to here have been taken in. */
  get modSeq(): ModSeq {
    return this.#modSeq;
  }

  /** The next message, unknown so far, will have this UID or a higher one. */
  get uidNext(): Uid {
    return this.#uidNext;
  }

  get recentCount(): number {
    return this.recentRanges().reduce((count, [from, to]) => {
      return count + this.messages.countUpTo(to) - this.messages.countUpTo(from - 1);
    }, 0);
  }

  recentRanges(): readonly Range[] {
    return this.#recent;
  }

  isRecent(uid: Uid): boolean {
    return this.#recent.some(([from, to]) => from <= uid && uid <= to);
  }

  /** Messages from `fromUid` on, as far as they are known now, are \Recent here. */
  addRecent(fromUid: Uid): void {
    const to = this.#arrived.at(-1) ?? this.messages.lastUid;
    if (fromUid > to) return;
    const last = this.#recent.at(-1);
    if (last !== undefined && fromUid <= last[1] + 1) this.#recent[this.#recent.length - 1] = [last[0], to];
    else this.#recent.push([fromUid, to]);
    // \Recent is a courtesy: the oldest are forgotten rather than kept without bound.
    if (this.#recent.length > RECENT_RANGES_MAX) this.#recent.shift();
  }

  /** Takes in what the store reports since `modSeq`. True when new messages are among it. */
  take(changes: FolderChanges): boolean {
    let arrived = false;
    for (const row of changes.changed) {
      if (row.uid < this.#uidNext) this.#changed.set(row.uid, row);
      else {
        this.#arrived.push(row.uid);
        arrived = true;
      }
    }
    for (const uid of changes.expunged) {
      this.#changed.delete(uid);
      if (this.messages.sequenceOf(uid) !== undefined) this.#expunged.add(uid);
    }
    if (changes.expunged.length > 0 && this.#arrived.length > 0) {
      const gone = new Set(changes.expunged);
      this.#arrived = this.#arrived.filter((uid) => !gone.has(uid));
    }
    this.#modSeq = Math.max(this.#modSeq, changes.highestModSeq);
    this.#uidNext = Math.max(this.#uidNext, changes.uidNext, (this.#arrived.at(-1) ?? 0) + 1);
    return arrived;
  }

  /** The client has these flags as an answer to its own command; they are not told again. */
  flagsTold(rows: readonly FlagRow[]): void {
    for (const { uid, modSeq } of rows) this.#told.set(uid, modSeq);
  }

  /** True while a message's expunge is known here and not yet told. */
  hasUntoldExpunges(): boolean {
    return this.#expunged.size > 0;
  }

  /** Turns what was taken in into notices, in the order they must be sent. Without `mayExpunge`, expunges wait. */
  *notices(mayExpunge: boolean): Generator<Notice> {
    if (mayExpunge) yield* this.#tellExpunged();
    yield* this.#tellArrived();
    const changed = this.#changed;
    const told = this.#told;
    this.#changed = new Map();
    this.#told = new Map();
    for (const { uid, flags, modSeq } of changed.values()) {
      if (told.get(uid) === modSeq) continue;
      const sequence = this.messages.sequenceOf(uid);
      if (sequence !== undefined) {
        yield { kind: "flags", sequence, uid, flags, modSeq };
      }
    }
  }

  /** True when there is one among the flags that the client has not heard of. */
  learnKeywords(flags: readonly Flag[]): boolean {
    let learned = false;
    for (const flag of flags) {
      if (flag.startsWith("\\") || this.keywords.has(flag) || this.keywords.size >= KEYWORDS_TOLD_MAX) continue;
      this.keywords.add(flag);
      learned = true;
    }
    return learned;
  }

  withRecent(uid: Uid, flags: readonly Flag[]): readonly Flag[] {
    return this.isRecent(uid) ? [...flags, "\\Recent"] : flags;
  }

  *#tellExpunged(): Generator<Notice> {
    if (this.#expunged.size === 0) return;
    const uids = [...this.#expunged].toSorted((a, b) => a - b);
    this.#expunged = new Set();
    let told = 0;
    for (const sequence of this.messages.remove(uids)) {
      yield { kind: "expunge", sequence: sequence - told, uid: uids[told] ?? 0 };
      told++;
    }
  }

  *#tellArrived(): Generator<Notice> {
    if (this.#arrived.length === 0) return;
    this.messages.append(this.#arrived);
    this.#arrived = [];
    yield { kind: "exists", messages: this.messages.length };
    yield { kind: "recent", messages: this.recentCount };
  }
}
