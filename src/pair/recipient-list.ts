/**
 * Which recipients there are, as one node tells it another: one value, a line of JSON about the domains and behind it, sorted,
 * 17 octets an address: 16 of its keyed hash, one of its state. Addresses are not in it in clear: who copies the disk of a second
 * MX can try out names, and cannot read off a list of all of them.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { canonicalAddress, type Mailbox } from "#mail/address.ts";

export type ListedState = "unknown" | "exists" | "disabled";

export interface ListedDomain {
  readonly name: string;
  /** What divides `alice+shop`; empty: nothing. */
  readonly separator: string;
  /** What addresses are that are not on the list: `exists` where the domain has a catch-all. */
  readonly others: ListedState;
}

const STATES: readonly ListedState[] = ["unknown", "exists", "disabled"];
const HASH_OCTETS = 16;
const ENTRY_OCTETS = HASH_OCTETS + 1;
const DOMAINS_MAX = 10_000;

/** @param key 32 octets that stay the same: a list that has not changed has the same octets. */
export function makeRecipientList(
  key: Uint8Array,
  domains: readonly ListedDomain[],
  addresses: ReadonlyMap<string, ListedState>,
): Uint8Array {
  const head = Buffer.from(`${JSON.stringify({ key: Buffer.from(key).toString("base64"), domains })}\n`, "utf8");
  const entries = [...addresses].map(([address, state]) =>
    Buffer.concat([hashOf(key, address), Buffer.from([STATES.indexOf(state)])]),
  );
  return Buffer.concat([head, ...entries.toSorted((one, other) => one.compare(other))]);
}

export function listDigest(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

export class RecipientList {
  readonly #key: Uint8Array;
  readonly #domains: ReadonlyMap<string, ListedDomain>;
  readonly #entries: Buffer;

  private constructor(key: Uint8Array, domains: readonly ListedDomain[], entries: Buffer) {
    this.#key = key;
    this.#domains = new Map(domains.map((domain) => [domain.name, domain]));
    this.#entries = entries;
  }

  /** Undefined: it is none. */
  static read(octets: Uint8Array): RecipientList | undefined {
    const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    const end = buffer.indexOf("\n");
    const entries = buffer.subarray(end + 1);
    const head = end === -1 ? undefined : readHead(buffer.toString("utf8", 0, end));
    if (head === undefined || entries.length % ENTRY_OCTETS !== 0) return undefined;
    return new RecipientList(head.key, head.domains, entries);
  }

  get domains(): readonly string[] {
    return [...this.#domains.keys()];
  }

  get addresses(): number {
    return this.#entries.length / ENTRY_OCTETS;
  }

  /** As the node itself would answer; undefined: the domain is none of its own. */
  find(mailbox: Mailbox): ListedState | undefined {
    const domain = this.#domains.get(mailbox.domain);
    if (domain === undefined) return undefined;
    const itself = this.#stateOf(canonicalAddress(mailbox));
    if (itself !== undefined) return itself;
    const { localPart } = mailbox;
    const at = domain.separator === "" ? -1 : localPart.indexOf(domain.separator);
    const base =
      at > 0 ? this.#stateOf(canonicalAddress({ ...mailbox, localPart: localPart.slice(0, at) })) : undefined;
    return base ?? domain.others;
  }

  #stateOf(address: string): ListedState | undefined {
    const hash = hashOf(this.#key, address);
    let low = 0;
    let high = this.addresses - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = middle * ENTRY_OCTETS;
      const order = this.#entries.compare(hash, 0, HASH_OCTETS, at, at + HASH_OCTETS);
      if (order === 0) return STATES[this.#entries[at + HASH_OCTETS] ?? 0];
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}

function hashOf(key: Uint8Array, address: string): Buffer {
  return createHmac("sha256", key).update(address).digest().subarray(0, HASH_OCTETS);
}

function readHead(text: string): { readonly key: Uint8Array; readonly domains: readonly ListedDomain[] } | undefined {
  try {
    const { key, domains } = JSON.parse(text) as { key?: unknown; domains?: unknown };
    if (typeof key !== "string" || !Array.isArray(domains) || domains.length > DOMAINS_MAX) return undefined;
    return domains.every(isListedDomain) ? { key: Buffer.from(key, "base64"), domains } : undefined;
  } catch {
    return undefined;
  }
}

function isListedDomain(value: unknown): value is ListedDomain {
  if (typeof value !== "object" || value === null) return false;
  const { name, separator, others } = value as Partial<ListedDomain>;
  return typeof name === "string" && typeof separator === "string" && STATES.includes(others as ListedState);
}
