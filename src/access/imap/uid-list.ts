/**
 * UIDs by message sequence number, as runs of consecutive UIDs: a folder of a million messages in the order they came is
 * one run. Thousands of idle sessions each keep one of these.
 */
import type { Uid } from "#store/store.ts";

/** Inclusive range of sequence numbers or UIDs, ascending. */
export type Range = readonly [from: number, to: number];

export class UidList {
  /** First UID of each run. */
  #uids: Uint32Array = new Uint32Array(0);
  /** Sequence number of that UID; one more entry at the end: the length plus one. */
  #sequences: Uint32Array = Uint32Array.of(1);
  #runs = 0;

  get length(): number {
    return (this.#sequences[this.#runs] ?? 1) - 1;
  }

  /** The highest UID in the list; 0 when it is empty. */
  get lastUid(): Uid {
    return this.length === 0 ? 0 : (this.uidAt(this.length) ?? 0);
  }

  /** `sequence` counts from 1. */
  uidAt(sequence: number): Uid | undefined {
    if (sequence < 1 || sequence > this.length) return undefined;
    const run = lastAtMost(this.#sequences, this.#runs, sequence);
    return (this.#uids[run] ?? 0) + sequence - (this.#sequences[run] ?? 0);
  }

  sequenceOf(uid: Uid): number | undefined {
    const sequence = this.countUpTo(uid);
    return this.uidAt(sequence) === uid ? sequence : undefined;
  }

  /** How many UIDs are no higher than `uid`: the sequence number of the last of them. */
  countUpTo(uid: Uid): number {
    const run = lastAtMost(this.#uids, this.#runs, uid);
    if (run < 0) return 0;
    const first = this.#sequences[run] ?? 0;
    const runLength = (this.#sequences[run + 1] ?? 0) - first;
    return first - 1 + Math.min(runLength, uid - (this.#uids[run] ?? 0) + 1);
  }

  /** Appends UIDs, ascending and higher than all before. */
  append(uids: Iterable<Uid>): void {
    let last = this.lastUid;
    let length = this.length;
    for (const uid of uids) {
      if (uid <= last) throw new RangeError("UIDs must ascend");
      if (uid !== last + 1 || this.#runs === 0) this.#openRun(uid, length + 1);
      last = uid;
      length++;
      this.#sequences[this.#runs] = length + 1;
    }
  }

  /** Takes UIDs out; those not in the list are ignored. Returns the sequence numbers they had before, ascending. */
  remove(uids: readonly Uid[]): number[] {
    const gone = uids
      .map((uid) => this.sequenceOf(uid))
      .filter((sequence) => sequence !== undefined)
      .toSorted((a, b) => a - b)
      .filter((sequence, i, all) => sequence !== all[i - 1]);
    if (gone.length === 0) return gone;
    const kept = new UidList();
    let next = 1;
    for (const sequence of [...gone, this.length + 1]) {
      for (const [from, to] of this.uidRanges(next, sequence - 1)) kept.#appendRun(from, to);
      next = sequence + 1;
    }
    this.#uids = kept.#uids;
    this.#sequences = kept.#sequences;
    this.#runs = kept.#runs;
    return gone;
  }

  /** The UIDs of the sequence numbers `[from, to]`, as ranges of consecutive UIDs. */
  *uidRanges(from: number, to: number): Generator<Range> {
    const end = Math.min(to, this.length);
    for (let sequence = Math.max(1, from); sequence <= end; ) {
      const run = lastAtMost(this.#sequences, this.#runs, sequence);
      const last = Math.min(end, (this.#sequences[run + 1] ?? 0) - 1);
      const uid = (this.#uids[run] ?? 0) + sequence - (this.#sequences[run] ?? 0);
      yield [uid, uid + last - sequence];
      sequence = last + 1;
    }
  }

  #appendRun(from: Uid, to: Uid): void {
    const length = this.length;
    if (this.#runs === 0 || from !== this.lastUid + 1) this.#openRun(from, length + 1);
    this.#sequences[this.#runs] = length + 1 + to - from + 1;
  }

  #openRun(uid: Uid, sequence: number): void {
    if (this.#runs === this.#uids.length) {
      const capacity = Math.ceil(this.#runs * 1.25) + 4;
      this.#uids = grown(this.#uids, capacity);
      this.#sequences = grown(this.#sequences, capacity + 1);
    }
    this.#uids[this.#runs] = uid;
    this.#sequences[this.#runs] = sequence;
    this.#runs++;
  }
}

/** Index of the last of the first `count` ascending `values` that is at most `value`; -1 when there is none. */
function lastAtMost(values: Uint32Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function grown(values: Uint32Array, capacity: number): Uint32Array {
  const larger = new Uint32Array(capacity);
  larger.set(values);
  return larger;
}
