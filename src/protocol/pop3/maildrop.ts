/**
 * The messages of one session, numbered from 1 as they stood at the login. Numbers never shift: a deleted message keeps
 * its own, and what arrives later waits for the next login (RFC 1939 §5).
 */
export class Maildrop {
  readonly #uidValidity: number;
  readonly #uids: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #deleted = new Set<number>();
  #octets: number;

  /** @param uids ascending; @param sizes octets, in the same order. */
  constructor(maildrop: { readonly uidValidity: number; readonly uids: Uint32Array; readonly sizes: Uint32Array }) {
    this.#uidValidity = maildrop.uidValidity;
    this.#uids = maildrop.uids;
    this.#sizes = maildrop.sizes;
    this.#octets = sum(maildrop.sizes);
  }

  /** Highest number, deleted messages included. */
  get lastNumber(): number {
    return this.#uids.length;
  }

  /** Messages not marked as deleted. */
  get messages(): number {
    return this.#uids.length - this.#deleted.size;
  }

  /** Octets of the messages not marked as deleted. */
  get octets(): number {
    return this.#octets;
  }

  /** A message of that number is there and not marked as deleted. */
  has(number: number): boolean {
    return number >= 1 && number <= this.#uids.length && !this.#deleted.has(number);
  }

  size(number: number): number {
    return this.#sizes[number - 1] ?? 0;
  }

  /** The same for the same message in every session, and never another's (RFC 1939 §7 UIDL). */
  uniqueId(number: number): string {
    return `${this.#uidValidity}.${this.#uids[number - 1] ?? 0}`;
  }

  markDeleted(number: number): void {
    if (!this.has(number)) return;
    this.#deleted.add(number);
    this.#octets -= this.size(number);
  }

  unmarkAll(): void {
    this.#deleted.clear();
    this.#octets = sum(this.#sizes);
  }

  /** UIDs of the messages marked as deleted, ascending. */
  deletedUids(): readonly number[] {
    return [...this.#deleted].map((number) => this.#uids[number - 1] ?? 0).toSorted((a, b) => a - b);
  }
}

function sum(sizes: Uint32Array): number {
  let octets = 0;
  for (const size of sizes) octets += size;
  return octets;
}
