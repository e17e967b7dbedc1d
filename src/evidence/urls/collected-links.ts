/** Gathers the hosts and addresses of one message, within bounds, and chooses which of them to keep. */
import { parseMailbox } from "#mail/address.ts";
import { compareShown } from "./compare-shown.ts";
import { Effort } from "./effort.ts";
import type {
  Derivation,
  Disguise,
  LeftOut,
  LinkedHost,
  LinkMismatch,
  LinkSource,
  MentionedAddress,
  UrlEvidence,
} from "./evidence.ts";
import {
  ADDRESSES_MAX,
  DERIVATIONS_MAX,
  HOSTS_MAX,
  HOSTS_SEEN_MAX,
  LINKS_MAX,
  MISMATCHES_MAX,
  SHOWN_CHARACTERS_MAX,
} from "./limits.ts";
import { nameParts } from "./public-suffix.ts";
import { percentDecoded, type ReadHost } from "./read-host.ts";
import { type LinkReading, readLink } from "./read-link.ts";
import { isSharedHost } from "./shared-hosts.ts";

export interface FoundLink {
  readonly raw: string;
  /** What is read as a link. */
  readonly link: string;
  readonly source: LinkSource;
  readonly part: string;
  /** What finding it has undone already. */
  readonly disguises: readonly Disguise[];
}

interface Host extends ReadHost {
  readonly registered: string | null;
  readonly derivations: Derivation[];
  /** Somebody would have to click, which is what a bad link is for. */
  isClickable: boolean;
}

const LOADED: ReadonlySet<LinkSource> = new Set(["src", "css", "script"]);

export class CollectedLinks {
  readonly #hosts = new Map<string, Host>();
  readonly #addresses = new Map<string, MentionedAddress>();
  readonly #mismatches = new Map<string, LinkMismatch>();
  /** Each different link that was read, by what it says. */
  readonly #readings = new Map<string, LinkReading>();
  /** Links as they stand, each with its place. */
  readonly #seen = new Set<string>();
  readonly effort = new Effort();
  readonly #leftOut = { octets: 0, parts: 0, links: 0, hosts: 0, addresses: 0 };

  link(found: FoundLink): void {
    const place = `${found.part} ${found.source} ${found.raw}`;
    if (this.#seen.has(place)) return;
    if (this.#seen.size < LINKS_MAX) this.#seen.add(place);
    const reading = this.#read(found.link);
    if (reading === undefined) return;
    for (const host of reading.hosts) this.#host(host, found);
    for (const host of reading.inner) this.#host(host, found);
    for (const address of reading.addresses) this.address(address, found);
  }

  /** @param text as written; what is no address is passed over. */
  address(text: string, { source, part }: Pick<FoundLink, "source" | "part">): void {
    const mailbox = parseMailbox(percentDecoded(text).trim(), { utf8: true });
    if (!mailbox.ok || mailbox.value.domain.startsWith("[") || !mailbox.value.domain.includes(".")) return;
    const { localPart, domain } = mailbox.value;
    const address = `${localPart}@${domain}`;
    if (this.#addresses.has(address)) return;
    if (this.#addresses.size >= ADDRESSES_MAX) this.#leftOut.addresses++;
    else this.#addresses.set(address, { address, domain, source, part });
  }

  /** The text between the tags of a link of HTML. */
  anchor(shown: string, href: string, part: string): void {
    if (this.#mismatches.size >= MISMATCHES_MAX) return;
    const reading = this.#read(href);
    const mismatch = reading === undefined ? undefined : compareShown({ shown, href, part }, reading, this.effort);
    if (mismatch === undefined) return;
    const key = `${mismatch.shownHost ?? mismatch.shown} ${mismatch.targetHost}`;
    if (!this.#mismatches.has(key)) this.#mismatches.set(key, mismatch);
  }

  leaveOut(what: Partial<LeftOut>): void {
    this.#leftOut.octets += what.octets ?? 0;
    this.#leftOut.parts += what.parts ?? 0;
  }

  evidence(): UrlEvidence {
    const known = [...this.#hosts.values()];
    const asked = known.filter(({ host }) => !isSharedHost(host));
    const kept = mostTelling(asked).slice(0, HOSTS_MAX);
    return {
      hosts: kept.map(
        ({ host, kind, registered, derivations }): LinkedHost => ({ host, kind, registered, derivations }),
      ),
      sharedHosts: known.filter(({ host }) => isSharedHost(host)).map(({ host }) => host),
      addresses: [...this.#addresses.values()],
      mismatches: [...this.#mismatches.values()],
      leftOut: {
        ...this.#leftOut,
        links: this.#leftOut.links + this.effort.refused,
        hosts: this.#leftOut.hosts + asked.length - kept.length,
      },
    };
  }

  #read(link: string): LinkReading | undefined {
    const known = this.#readings.get(link);
    if (known !== undefined) return known;
    if (this.#readings.size >= LINKS_MAX) {
      this.#leftOut.links++;
      return undefined;
    }
    const reading = readLink(link, this.effort);
    this.#readings.set(link, reading);
    return reading;
  }

  #host(read: ReadHost, found: FoundLink): void {
    let host = this.#hosts.get(read.host);
    if (host === undefined) {
      if (this.#hosts.size >= HOSTS_SEEN_MAX) {
        this.#leftOut.hosts++;
        return;
      }
      const registered = read.kind === "name" ? nameParts(read.host).registered : null;
      host = { ...read, registered, derivations: [], isClickable: false };
      this.#hosts.set(read.host, host);
    }
    host.isClickable ||= !LOADED.has(found.source);
    if (host.derivations.length >= DERIVATIONS_MAX) return;
    const derivation = derivationOf(read, found);
    if (!host.derivations.some((other) => isSame(other, derivation))) host.derivations.push(derivation);
  }
}

function derivationOf({ disguises }: ReadHost, found: FoundLink): Derivation {
  return {
    raw: found.raw.slice(0, SHOWN_CHARACTERS_MAX),
    decoded: found.link.slice(0, SHOWN_CHARACTERS_MAX),
    source: found.source,
    part: found.part,
    disguises: [...new Set([...found.disguises, ...disguises])],
  };
}

function isSame(left: Derivation, right: Derivation): boolean {
  return left.part === right.part && left.source === right.source && left.raw === right.raw;
}

/** What is clicked before what is loaded, and one host of each registered domain before the second of any. */
function mostTelling(hosts: readonly Host[]): readonly Host[] {
  const seen = new Set<string>();
  const rank = new Map<Host, number>();
  for (const isClickable of [true, false]) {
    for (const host of hosts) {
      if (host.isClickable !== isClickable) continue;
      const owner = host.registered ?? host.host;
      rank.set(host, (isClickable ? 0 : 1) + (seen.has(owner) ? 2 : 0));
      seen.add(owner);
    }
  }
  return hosts.toSorted((left, right) => (rank.get(left) ?? 0) - (rank.get(right) ?? 0));
}
