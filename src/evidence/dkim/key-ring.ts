/** The keys that one message needs: each name is asked for once. */
import type { DnsFailure, LookupOptions, Resolver } from "#ports/resolver.ts";
import { isKeyRecord } from "./key-record.ts";

export type KeyRecords =
  | { readonly kind: "records"; readonly name: string; readonly records: readonly string[] }
  /** Asked, and there is none. */
  | { readonly kind: "none"; readonly name: string }
  /** There are TXT records, but none means to be a key. */
  | { readonly kind: "no-key-record"; readonly name: string }
  | { readonly kind: "unavailable"; readonly name: string; readonly cause: DnsFailure };

export class KeyRing {
  readonly #resolver: Resolver;
  readonly #lookup: LookupOptions;
  readonly #found = new Map<string, Promise<KeyRecords>>();

  constructor(resolver: Resolver, lookup: LookupOptions) {
    this.#resolver = resolver;
    this.#lookup = lookup;
  }

  find({ domain, selector }: { readonly domain: string; readonly selector: string }): Promise<KeyRecords> {
    const name = `${selector}._domainkey.${domain}`;
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(name);
    this.#found.set(name, asked);
    return asked;
  }

  async #ask(name: string): Promise<KeyRecords> {
    if (name.length > 253) return { kind: "none", name };
    const answer = await this.#resolver.txt(name, this.#lookup);
    if (answer.kind === "unavailable") return { kind: "unavailable", name, cause: answer.cause };
    if (answer.kind !== "records") return { kind: "none", name };
    const records = answer.records.filter(isKeyRecord);
    return records.length === 0 ? { kind: "no-key-record", name } : { kind: "records", name, records };
  }
}
