/** The keys that sign for a domain of ours, kept at hand until somebody changes them. */
import { createPrivateKey } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Store } from "#store/store.ts";
import { ensureKeys } from "./key-set.ts";
import { DOMAINS_KEPT_MAX } from "./limits.ts";
import type { SigningKey } from "./signing-key.ts";

export class SigningKeys {
  readonly #store: Store;
  readonly #isOurs: (domain: string) => Promise<boolean>;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Promise<readonly SigningKey[]>>({ max: DOMAINS_KEPT_MAX });
  readonly #stop: () => void;

  /** @param options.isOurs does mail of this domain come from here? Keys are made for such domains alone. */
  constructor(
    store: Store,
    options: { readonly isOurs: (domain: string) => Promise<boolean>; readonly now: () => number },
  ) {
    this.#store = store;
    this.#isOurs = options.isOurs;
    this.#now = options.now;
    this.#stop = store.onEvent(({ kind }) => {
      if (kind === "directory") this.#known.clear();
    });
  }

  /** RSA first. Empty for a domain that is not ours. Rejects when the store does. */
  of(domain: string): Promise<readonly SigningKey[]> {
    const known = this.#known.get(domain);
    if (known !== undefined) return known;
    const keys = this.#read(domain);
    this.#known.set(domain, keys);
    keys.catch(() => this.#known.delete(domain));
    return keys;
  }

  close(): void {
    this.#stop();
  }

  async #read(domain: string): Promise<readonly SigningKey[]> {
    if (!(await this.#isOurs(domain))) return [];
    const keys = await ensureKeys(this.#store, domain, this.#now());
    return keys
      .filter(({ state }) => state === "active")
      .toSorted((left, right) => right.algorithm.localeCompare(left.algorithm))
      .map(({ selector, algorithm, privateKeyPem }) => ({
        domain,
        selector,
        algorithm,
        privateKey: createPrivateKey(privateKeyPem),
      }));
  }
}
