/** The administrator's sender lists in memory, and which of their entries a sender meets. Asks nobody. */
import ipaddr from "ipaddr.js";
import { canonicalAddress, literalAddress, parseDomain, parseMailbox } from "#mail/address.ts";
import { isIpv6, parseIpAddress } from "#mail/ip-address.ts";
import type { SenderEntry, SenderListing } from "./evidence.ts";
import { LABELS_LOOKED_AT_MAX } from "./limits.ts";

/** What is known of a sender; empty texts match nothing. */
export interface SenderIdentity {
  /** `local-part@domain`. */
  readonly mailFrom: string;
  readonly author: string;
  /** An IP address in its one form. */
  readonly client: string;
}

export class SenderLists {
  readonly #bySubject = new Map<string, SenderEntry[]>();
  /** Lengths of the networks that are there, by family: so many look-ups a client costs. */
  readonly #lengths: Readonly<Record<4 | 6, Set<number>>> = { 4: new Set(), 6: new Set() };
  readonly size: number;

  constructor(entries: readonly SenderEntry[]) {
    this.size = entries.length;
    for (const entry of entries) {
      const { subject } = entry;
      const same = this.#bySubject.get(subject);
      if (same === undefined) this.#bySubject.set(subject, [entry]);
      else same.push(entry);
      const length = networkLength(subject);
      if (length !== undefined) this.#lengths[subject.includes(":") ? 6 : 4].add(length);
    }
  }

  /** Entries for all recipients there may be, the most exact ones first. */
  matching({ mailFrom, author, client }: SenderIdentity): readonly SenderListing[] {
    if (this.size === 0) return [];
    const found = [
      ...this.#under(addressSubjects(mailFrom), "mail-from", mailFrom),
      ...this.#under(addressSubjects(author), "author", author),
      ...this.#under(this.#clientSubjects(client), "client", client),
    ];
    return found.toSorted((one, other) => exactness(other) - exactness(one));
  }

  #under(subjects: readonly string[], matched: SenderListing["matched"], value: string): readonly SenderListing[] {
    return subjects.flatMap((subject) =>
      (this.#bySubject.get(subject) ?? []).map((entry) => ({ ...entry, matched, value })),
    );
  }

  #clientSubjects(client: string): readonly string[] {
    if (parseIpAddress(client) === undefined) return [];
    const lengths = [...this.#lengths[isIpv6(client) ? 6 : 4]];
    return [client, ...lengths.map((length) => networkOf(client, length))];
  }
}

/** A subject as it is kept, or undefined where it is none: an address, `@domain`, `@*.domain`, an IP address, a network. */
export function parseSenderSubject(text: string): string | undefined {
  const domain = /^@(\*\.)?([^@]+)$/.exec(text);
  if (domain !== null) {
    const parsed = parseDomain(domain[2] ?? "");
    return parsed.ok && literalAddress(parsed.value) === undefined ? `@${domain[1] ?? ""}${parsed.value}` : undefined;
  }
  return parseNetwork(text) ?? canonical(text);
}

/** Whose mail an entry is about, as it is kept: an account's address, `@domain`; undefined where it is neither. */
export function parseSenderScope(text: string): string | undefined {
  const subject = parseSenderSubject(text);
  return subject?.includes("@") === true && !subject.startsWith("@*") ? subject : undefined;
}

function parseNetwork(text: string): string | undefined {
  const [address = "", length, ...more] = text.split("/");
  const parsed = parseIpAddress(address);
  if (parsed === undefined || more.length > 0) return undefined;
  if (length === undefined) return parsed;
  const bits = Number(length);
  if (!/^\d{1,3}$/.test(length) || bits > (isIpv6(parsed) ? 128 : 32)) return undefined;
  // An address with host bits and a length is a slip of the pen, not a network.
  const network = networkOf(parsed, bits);
  return network === `${parsed}/${bits}` ? network : undefined;
}

function networkOf(address: string, length: number): string {
  const cidr = `${address}/${length}`;
  const network = isIpv6(address)
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()
    : ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
  return `${network}/${length}`;
}

function networkLength(subject: string): number | undefined {
  if (subject.includes("@")) return undefined;
  const slash = subject.lastIndexOf("/");
  return slash === -1 ? undefined : Number(subject.slice(slash + 1));
}

/** The address itself, its domain, and each name above that as `@*.name`. */
function addressSubjects(address: string): readonly string[] {
  const kept = canonical(address);
  if (kept === undefined) return [];
  const domain = kept.slice(kept.lastIndexOf("@") + 1);
  const above = domain.split(".").slice(1, LABELS_LOOKED_AT_MAX);
  return [
    kept,
    `@${domain}`,
    ...above.map(
      (_, index) =>
        `@*.${domain
          .split(".")
          .slice(index + 1)
          .join(".")}`,
    ),
  ];
}

function canonical(address: string): string | undefined {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? canonicalAddress(mailbox.value) : undefined;
}

const SCOPE_STEP = 10_000;
const KIND_STEP = 1000;

/** One account before a domain before everybody; an address before its domain before the names above before a network. */
function exactness({ scope, subject }: SenderEntry): number {
  const whose = scope === "" ? 0 : scope.startsWith("@") ? 1 : 2;
  return whose * SCOPE_STEP + subjectExactness(subject);
}

function subjectExactness(subject: string): number {
  if (!subject.includes("@")) return networkLength(subject) ?? 128;
  if (subject.startsWith("@*.")) return KIND_STEP + subject.length;
  return subject.startsWith("@") ? 2 * KIND_STEP : 3 * KIND_STEP;
}
