/**
 * Asks the checks about one client as soon as their input is known: its address at the connection, its name at EHLO, the
 * sender's domain at MAIL. All in parallel; whatever is not there within its budget counts for nothing.
 */
import type { DnsblEvidence, ListSubject } from "#evidence/dnsbl/evidence.ts";
import type { GreylistEvidence } from "#evidence/greylist/evidence.ts";
import type { Greylist, SenderTry } from "#evidence/greylist/greylist.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import { literalAddress, parseDomain } from "#mail/address.ts";
import { isPrivateAddress, parseIpAddress } from "#mail/ip-address.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Evidence } from "#verdict/evidence.ts";
import type { Policy } from "#verdict/policy.ts";

/** Each keeps to its deadline (Clock.monotonicMs()) by itself; one that does not is left behind. */
export interface Checks {
  reverseDns(client: string, deadlineMs: number): Promise<ReverseDnsEvidence>;
  /** @param reverseDns of the same client; null where it is not known in time. */
  helo(said: HeloInput, reverseDns: Promise<ReverseDnsEvidence | null>, deadlineMs: number): Promise<HeloEvidence>;
  lists(subjects: readonly ListSubject[], deadlineMs: number): Promise<DnsblEvidence>;
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
  /** Undefined where the rule is off: nothing is looked up and nothing noted. */
  readonly greylist: Greylist | undefined;
  /** Other clients stand behind the address: what is known of it says nothing about any of them. */
  readonly hidesOthers: (address: string) => boolean;
  /** Milliseconds for the look-ups of one step. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

type Gathered = Pick<Evidence, "helo" | "dnsbl" | "reverseDns" | "greylist">;

export class EvidenceGathering {
  readonly #options: GatheringOptions;
  readonly #client: string;
  readonly #localAddress: string;
  readonly #timers = new Set<Timer>();
  #heloName = "";
  #reverseDns: Promise<ReverseDnsEvidence | null> = NOTHING;
  #helo: Promise<HeloEvidence | null> = NOTHING;
  #clientLists: Promise<DnsblEvidence | null> = NOTHING;
  #clientNameLists: Promise<DnsblEvidence | null> = NOTHING;
  #heloLists: Promise<DnsblEvidence | null> = NOTHING;
  #senderLists: Promise<DnsblEvidence | null> = NOTHING;

  /** Begins with the client's address. */
  constructor(client: string, localAddress: string, options: GatheringOptions) {
    this.#options = options;
    this.#client = client;
    this.#localAddress = localAddress;
    const { checks, modes } = options;
    if (!this.isTelling) return;
    if (modes.reverse_dns !== "off" || modes.helo !== "off") {
      this.#reverseDns = this.#within((deadlineMs) => checks.reverseDns(client, deadlineMs));
    }
    this.#clientLists = this.#listed([{ role: "client", value: client }]);
    if (modes.dnsbl !== "off") this.#clientNameLists = this.#reverseDns.then((found) => this.#nameListed(found));
  }

  /** Does the DNS know anything about who this is? Not of a private address, nor of one that hides other clients. */
  get isTelling(): boolean {
    const isPublic = parseIpAddress(this.#client) !== undefined && !isPrivateAddress(this.#client);
    return isPublic && !this.#options.hidesOthers(this.#client);
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

  /** @param domain of the reverse-path; undefined for the null path and for address literals. */
  sender(domain: string | undefined): void {
    this.#senderLists = domain === undefined ? NOTHING : this.#listed([{ role: "mail-from", value: domain }]);
  }

  /**
   * What is there when everything is there, or its time is up. Never rejects.
   * @param mailFrom `local-part@domain`, empty for the null path.
   */
  async complete(mailFrom: string): Promise<Gathered> {
    const [reverseDns, helo, ...lists] = await Promise.all([
      this.#reverseDns,
      this.#helo,
      this.#clientLists,
      this.#clientNameLists,
      this.#heloLists,
      this.#senderLists,
    ]);
    const asked = lists.filter((one) => one !== null);
    const dnsbl = asked.length === 0 ? null : { findings: asked.flatMap(({ findings }) => findings) };
    return { reverseDns, helo, dnsbl, greylist: await this.#standing(mailFrom, dnsbl) };
  }

  /** Notes that the sender is to wait. Null where that cannot be kept in time: then it does not wait. Never rejects. */
  keepWaiting(found: GreylistEvidence, tried: SenderTry): Promise<GreylistEvidence | null> {
    const { greylist } = this.#options;
    return greylist === undefined ? NOTHING : this.#within(() => greylist.keepWaiting(found, tried));
  }

  /** The client is gone: nobody waits any longer. */
  end(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #standing(mailFrom: string, dnsbl: DnsblEvidence | null): Promise<GreylistEvidence | null> {
    const { greylist } = this.#options;
    if (greylist === undefined || !this.isTelling) return NOTHING;
    // Until SPF is gathered here nobody vouches for a client.
    const sender = { client: this.#client, helo: this.#heloName, spfDomain: null, mailFrom };
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

  /** Null when the time is up, or when the check itself is broken. */
  #within<Found>(check: (deadlineMs: number) => Promise<Found>): Promise<Found | null> {
    const { clock, budgetMs, log } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.after(budgetMs, () => {
        this.#timers.delete(timer);
        resolve(null);
      });
      this.#timers.add(timer);
      const settle = (found: Found | null): void => {
        timer.cancel();
        this.#timers.delete(timer);
        resolve(found);
      };
      check(clock.monotonicMs() + budgetMs).then(settle, (error: unknown) => {
        log.error("check-broken", { cause: error instanceof Error ? error.stack : String(error) });
        settle(null);
      });
    });
  }
}

const NOTHING = Promise.resolve(null);

/** A list that speaks for the client's address with some trust. */
function isAllowListed(dnsbl: DnsblEvidence | null): boolean {
  return (dnsbl?.findings ?? []).some(
    ({ subject, outcome }) => subject.role === "client" && outcome.kind === "listed" && outcome.weight < 0,
  );
}
