/**
 * Asks the checks about one client as soon as their input is known: its address at the connection, its name at EHLO, the
 * sender's domain at MAIL. All in parallel; whatever is not there within its budget counts for nothing.
 */
import type { MessageAuthentication } from "#evidence/authentication-results/evidence.ts";
import type { DigestedMessage } from "#evidence/authentication-results/message-digest.ts";
import type { ContentEvidence } from "#evidence/content/evidence.ts";
import type { MessageOctets } from "#evidence/content/message-octets.ts";
import type { DnsblEvidence, ListSubject } from "#evidence/dnsbl/evidence.ts";
import type { GreylistEvidence } from "#evidence/greylist/evidence.ts";
import type { Greylist, SenderTry } from "#evidence/greylist/greylist.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { SpfEvidence } from "#evidence/spf/evidence.ts";
import { unansweredSpf } from "#evidence/spf/unanswered.ts";
import type { UrlEvidence } from "#evidence/urls/evidence.ts";
import type { OwnListing } from "#evidence/urls/own-uri-list.ts";
import type { UriListEvidence } from "#evidence/urls/query-uri-lists.ts";
import { formatMailbox, literalAddress, parseDomain, type ReversePath } from "#mail/address.ts";
import { isPrivateAddress, parseIpAddress } from "#mail/ip-address.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Evidence } from "#verdict/evidence.ts";
import type { Policy } from "#verdict/policy.ts";
import { vouchingDomain } from "#verdict/spf-rule.ts";
import type { ScanEnvelope } from "./message-scan.ts";

/** Each keeps to its deadline (Clock.monotonicMs()) by itself; one that does not is left behind. */
export interface Checks {
  reverseDns(client: string, deadlineMs: number): Promise<ReverseDnsEvidence>;
  /** @param reverseDns of the same client; null where it is not known in time. */
  helo(said: HeloInput, reverseDns: Promise<ReverseDnsEvidence | null>, deadlineMs: number): Promise<HeloEvidence>;
  lists(subjects: readonly ListSubject[], deadlineMs: number): Promise<DnsblEvidence>;
  spf(envelope: SpfInput, deadlineMs: number): Promise<SpfEvidence>;
  /** Signatures, chain and policy of a message that is there. */
  authenticate(message: DigestedMessage, spf: SpfEvidence, deadlineMs: number): Promise<MessageAuthentication>;
  links(message: ReadableMessage): Promise<UrlEvidence>;
  uriLists(urls: UrlEvidence, deadlineMs: number): Promise<UriListEvidence>;
  /** What our own list says; absent where there is none. */
  ownUris?(urls: UrlEvidence): readonly OwnListing[];
  content(message: ReadableMessage, sender: ContentSender): Promise<ContentEvidence>;
}

export interface SpfInput {
  readonly client: string;
  readonly helo: string;
  /** `local-part@domain`, empty for the null path. */
  readonly mailFrom: string;
}

export interface HeloInput {
  readonly helo: string;
  readonly client: string;
  /** Our own address on this connection. */
  readonly localAddress: string;
}

export interface GatheringOptions {
  readonly checks: Checks;
  readonly modes: Policy["modes"];
  /** The client's name is looked up whatever the modes say: forwarders are known by it. */
  readonly asksForName?: boolean;
  /** Undefined where the rule is off: nothing is looked up and nothing noted. */
  readonly greylist: Greylist | undefined;
  /** Other clients stand behind the address: what is known of it says nothing about any of them. */
  readonly hidesOthers: (address: string) => boolean;
  /** Milliseconds for the look-ups of one step. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

type LinkPart = "urls" | "uriLists" | "ownUris";
type MessageGathered = Pick<Evidence, "author" | "dkim" | "arc" | "dmarc" | LinkPart | "content">;
type Gathered = Pick<Evidence, "helo" | "dnsbl" | "reverseDns" | "spf" | "greylist">;

export interface ContentSender {
  /** `local-part@domain`, empty for the null path. */
  readonly mailFrom: string;
  /** Not known to be a machine of ours. */
  readonly isFromOutside: boolean;
}

/** Structure and octets, the ranges of the one in the other. */
export interface ReadableMessage {
  readonly index: MessageIndex;
  readonly octets: MessageOctets;
}

/** A message as far as it is looked at. */
export interface ArrivedMessage extends ReadableMessage {
  /** What stands in front of what the sender wrote. */
  readonly prefix: Uint8Array;
  readonly envelope: ScanEnvelope;
  /** Undefined where nobody asked for it: see `digests`. */
  readonly digest: DigestedMessage | undefined;
}

export class EvidenceGathering {
  readonly #options: GatheringOptions;
  readonly #client: string;
  readonly #localAddress: string;
  /** The DNS may know something about the address. */
  readonly #isPublic: boolean;
  /** End the waits that are under way, with nothing found. */
  readonly #waits = new Set<() => void>();
  #isOver = false;
  #heloName = "";
  #reverseDns: Promise<ReverseDnsEvidence | null> = NOTHING;
  #helo: Promise<HeloEvidence | null> = NOTHING;
  #clientLists: Promise<DnsblEvidence | null> = NOTHING;
  #clientNameLists: Promise<DnsblEvidence | null> = NOTHING;
  #heloLists: Promise<DnsblEvidence | null> = NOTHING;
  #senderLists: Promise<DnsblEvidence | null> = NOTHING;
  #spf: Promise<SpfEvidence | null> = NOTHING;

  /** Begins with the client's address. */
  constructor(client: string, localAddress: string, options: GatheringOptions) {
    this.#options = options;
    this.#client = client;
    this.#localAddress = localAddress;
    this.#isPublic = parseIpAddress(client) !== undefined && !isPrivateAddress(client);
    const { checks, modes } = options;
    if (!this.isTelling) return;
    if (modes.reverse_dns !== "off" || modes.helo !== "off" || options.asksForName === true) {
      this.#reverseDns = this.#within((deadlineMs) => checks.reverseDns(client, deadlineMs));
    }
    this.#clientLists = this.#listed([{ role: "client", value: client }]);
    if (modes.dnsbl !== "off") this.#clientNameLists = this.#reverseDns.then((found) => this.#nameListed(found));
  }

  /** Does the DNS know anything about who this is? Not of a private address, nor of one that hides other clients. */
  get isTelling(): boolean {
    return this.#isPublic && !this.#options.hidesOthers(this.#client);
  }

  /** The last name said counts. */
  named(helo: string): void {
    const { checks, modes } = this.#options;
    this.#heloName = helo;
    if (!this.isTelling) return;
    if (modes.helo !== "off") {
      const said = { helo, client: this.#client, localAddress: this.#localAddress };
      this.#helo = this.#within((deadlineMs) => checks.helo(said, this.#reverseDns, deadlineMs));
    }
    const domain = parseDomain(helo.replace(/\.$/, ""));
    const isName = domain.ok && literalAddress(domain.value) === undefined;
    this.#heloLists = isName ? this.#listed([{ role: "helo", value: domain.value }]) : NOTHING;
  }

  sender(reversePath: ReversePath): void {
    const isName = reversePath !== null && literalAddress(reversePath.domain) === undefined;
    this.#senderLists = isName ? this.#listed([{ role: "mail-from", value: reversePath.domain }]) : NOTHING;
    this.#spf = this.#senderPolicy(reversePath === null ? "" : formatMailbox(reversePath));
  }

  /** Of the open transaction's sender. Null where it was not asked. Never rejects. */
  get spf(): Promise<SpfEvidence | null> {
    return this.#spf;
  }

  /**
   * What is there when everything is there, or its time is up. Never rejects.
   * @param mailFrom `local-part@domain`, empty for the null path.
   */
  async complete(mailFrom: string): Promise<Gathered> {
    const [reverseDns, helo, spf, ...lists] = await Promise.all([
      this.#reverseDns,
      this.#helo,
      this.#spf,
      this.#clientLists,
      this.#clientNameLists,
      this.#heloLists,
      this.#senderLists,
    ]);
    const asked = lists.filter((one) => one !== null);
    const dnsbl = asked.length === 0 ? null : { findings: asked.flatMap(({ findings }) => findings) };
    return { reverseDns, helo, dnsbl, spf, greylist: await this.#standing({ mailFrom, dnsbl, spf }) };
  }

  /** Notes that the sender is to wait. Null where that cannot be kept in time: then it does not wait. Never rejects. */
  keepWaiting(found: GreylistEvidence, tried: SenderTry): Promise<GreylistEvidence | null> {
    const { greylist } = this.#options;
    return greylist === undefined ? NOTHING : this.#within(() => greylist.keepWaiting(found, tried));
  }

  /** Are the octets of messages to be read for their author and their signatures? */
  get digests(): boolean {
    return this.#options.modes.author !== "off" || this.authenticates;
  }

  /** Will it be known who stands behind a message? */
  get authenticates(): boolean {
    const { dkim, dmarc } = this.#options.modes;
    // Where SPF cannot be asked for, mail that only SPF vouches for would seem forged.
    return this.isTelling && (dkim !== "off" || dmarc !== "off");
  }

  /** What a message that is there adds. What is not known within the budget counts for nothing. Never rejects. */
  async message({ digest, index, octets }: ArrivedMessage, mailFrom: string): Promise<MessageGathered> {
    const { checks, modes } = this.#options;
    const readable = { index, octets };
    const [authentication, links, content] = await Promise.all([
      digest === undefined || !this.authenticates ? null : this.#authenticated(digest, mailFrom),
      this.#links(readable),
      modes.content === "off"
        ? null
        : this.#within(() => checks.content(readable, { mailFrom, isFromOutside: this.isTelling })),
    ]);
    const { dkim = null, arc = null, dmarc = null } = authentication ?? {};
    // Known without asking anybody: no look-up that fails hides it.
    const author = modes.author === "off" ? null : (digest?.author ?? null);
    return { author, dkim, arc, dmarc, ...links, content };
  }

  /** Within one budget: what the links are is kept where the lists do not answer. */
  async #links(message: ReadableMessage): Promise<Pick<Evidence, LinkPart>> {
    const { checks, modes, clock, budgetMs } = this.#options;
    if (modes.uri_lists === "off" && modes.content === "off") return NO_LINKS;
    const endMs = clock.monotonicMs() + budgetMs;
    const urls = await this.#within(() => checks.links(message));
    if (urls === null || modes.uri_lists === "off") return { ...NO_LINKS, urls };
    const leftMs = Math.max(0, endMs - clock.monotonicMs());
    const ownUris = checks.ownUris?.(urls) ?? null;
    return { urls, ownUris, uriLists: await this.#within((deadlineMs) => checks.uriLists(urls, deadlineMs), leftMs) };
  }

  /** The client is gone: nobody waits any longer. */
  end(): void {
    this.#isOver = true;
    for (const giveUp of this.#waits) giveUp();
  }

  async #authenticated(digest: DigestedMessage, mailFrom: string): Promise<MessageAuthentication | null> {
    // SPF that nobody could ask is no SPF that failed.
    const spf = (await this.#spf) ?? unansweredSpf(this.#envelope(mailFrom));
    return this.#within((deadlineMs) => this.#options.checks.authenticate(digest, spf, deadlineMs));
  }

  #envelope(mailFrom: string): SpfInput {
    return { client: this.#client, helo: this.#heloName, mailFrom };
  }

  /** Who could not be asked in time is an error like any other: neither a pass nor a failure. */
  async #senderPolicy(mailFrom: string): Promise<SpfEvidence | null> {
    const { checks, modes } = this.#options;
    if (!this.isTelling || (modes.spf === "off" && modes.dmarc === "off")) return null;
    const envelope = this.#envelope(mailFrom);
    return (await this.#within((deadlineMs) => checks.spf(envelope, deadlineMs))) ?? unansweredSpf(envelope);
  }

  #standing({
    mailFrom,
    dnsbl,
    spf,
  }: Pick<Evidence, "dnsbl" | "spf"> & { readonly mailFrom: string }): Promise<GreylistEvidence | null> {
    const { greylist } = this.#options;
    if (greylist === undefined || !this.isTelling) return NOTHING;
    const sender = { client: this.#client, helo: this.#heloName, spfDomain: vouchingDomain(spf), mailFrom };
    return this.#within(() => greylist.standing({ ...sender, isAllowListed: isAllowListed(dnsbl) }));
  }

  #listed(subjects: readonly ListSubject[]): Promise<DnsblEvidence | null> {
    const { checks, modes } = this.#options;
    return modes.dnsbl === "off" ? NOTHING : this.#within((deadlineMs) => checks.lists(subjects, deadlineMs));
  }

  #nameListed(reverseDns: ReverseDnsEvidence | null): Promise<DnsblEvidence | null> {
    const name = reverseDns?.confirmedName;
    return name === undefined ? NOTHING : this.#listed([{ role: "client-name", value: name }]);
  }

  /** Null when the time is up, when the client is gone, or when the check itself is broken. */
  #within<Found>(
    check: (deadlineMs: number) => Promise<Found>,
    budgetMs = this.#options.budgetMs,
  ): Promise<Found | null> {
    const { clock, log } = this.#options;
    if (this.#isOver) return NOTHING;
    return new Promise((resolve) => {
      const settle = (found: Found | null): void => {
        timer.cancel();
        this.#waits.delete(giveUp);
        resolve(found);
      };
      const giveUp = (): void => settle(null);
      const timer = clock.after(budgetMs, giveUp);
      this.#waits.add(giveUp);
      // One that throws at once is as broken as one that rejects.
      const asked = async (): Promise<Found> => check(clock.monotonicMs() + budgetMs);
      asked().then(settle, (error: unknown) => {
        log.error("check-broken", { cause: error instanceof Error ? error.stack : String(error) });
        settle(null);
      });
    });
  }
}

const NO_LINKS = { urls: null, uriLists: null, ownUris: null };
const NOTHING = Promise.resolve(null);

/** A list that speaks for the client's address with some trust. */
function isAllowListed(dnsbl: DnsblEvidence | null): boolean {
  return (dnsbl?.findings ?? []).some(
    ({ subject, outcome }) => subject.role === "client" && outcome.kind === "listed" && outcome.weight < 0,
  );
}
