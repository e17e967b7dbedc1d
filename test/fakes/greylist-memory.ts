/** The greylist's memory as a map, with the rules that the store's contract has. */
import type { GreylistMemory, SenderTry } from "#evidence/greylist/greylist.ts";
import type { Remembered } from "#evidence/greylist/standing.ts";

type Known = NonNullable<Remembered["known"]>;

export class FakeGreylistMemory implements GreylistMemory {
  readonly rows = new Map<string, Remembered & { readonly last: SenderTry }>();
  /** Calls, by name. */
  readonly asked: string[] = [];
  isFull = false;
  /** What every call rejects with. */
  failure: Error | undefined;

  async findGreylist(keys: readonly string[]): Promise<readonly Remembered[]> {
    this.#call("find");
    return Promise.resolve(keys.flatMap((key) => this.rows.get(key) ?? []));
  }

  async putGreylistTry(
    key: string,
    last: SenderTry,
    nowMs: number,
    ages: { readonly waitingSinceMs: number; readonly knownSinceMs: number },
  ): Promise<Remembered | undefined> {
    this.#call("try");
    const old = this.rows.get(key);
    if (old !== undefined && old.known !== null && old.lastMs >= ages.knownSinceMs) return Promise.resolve(old);
    if (this.isFull) return Promise.resolve(undefined);
    const isAgain = old?.known === null && old.firstMs >= ages.waitingSinceMs && old.firstMs <= nowMs;
    const [firstMs, tries] = isAgain ? [old.firstMs, old.tries + 1] : [nowMs, 1];
    const row = { key, known: null, firstMs, lastMs: nowMs, tries, last };
    this.rows.set(key, row);
    return Promise.resolve(row);
  }

  async putGreylistKnown(keys: readonly string[], known: Known, last: SenderTry, nowMs: number): Promise<void> {
    this.#call("known");
    for (const key of keys) {
      const { firstMs = nowMs, tries = 0, known: before = null } = this.rows.get(key) ?? {};
      this.rows.set(key, { key, known: before ?? known, firstMs, lastMs: nowMs, tries, last });
    }
    return Promise.resolve();
  }

  #call(what: string): void {
    this.asked.push(what);
    if (this.failure !== undefined) throw this.failure;
  }
}
