/** The directory over the store: what an address leads to, through aliases, plus-addresses, role names and catch-alls. */
import type { LRUCache } from "lru-cache";
import { canonicalAddress, type Domain, type Mailbox, parseMailbox } from "#mail/address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Account, Store } from "#store/store.ts";
import type { Directory, DomainRole, Resolution } from "./directory.ts";
import { ADDRESSES_PER_RESOLUTION_MAX, ALIAS_DEPTH_MAX, RESOLUTION_TTL_MS, RESOLUTIONS_MAX } from "./limits.ts";
import { createMemory } from "./memory.ts";
import { OwnDomains } from "./own-domains.ts";

export interface DirectorySettings {
  readonly domains: readonly {
    readonly name: string;
    readonly role: DomainRole;
    /** What divides `alice+shop`; empty: no plus-addresses. */
    readonly plusSeparator: string;
  }[];
  /** Address that takes the mail of postmaster and abuse (RFC 2142, RFC 5321 §4.5.1); undefined: only where they exist. */
  readonly admin: string | undefined;
  /** Per domain, the address that takes what no other address takes. */
  readonly catchAll: Readonly<Record<string, string>>;
}

/** For domains that the settings do not name. */
const PLUS_SEPARATOR = "+";
/** Local-parts that every domain of ours answers to. */
const ROLE_NAMES: readonly string[] = ["postmaster", "abuse"];

/** Reads the domains before it resolves; rejects when the store cannot be asked. Listens to the store until `close`. */
export async function createDirectory(dependencies: {
  readonly store: Store;
  readonly settings: DirectorySettings;
  readonly clock: Clock;
}): Promise<Directory & { close(): void }> {
  const directory = new StoreDirectory(dependencies);
  await directory.ready();
  return directory;
}

/** Where one resolution stands: what it found and what it has been through. */
interface Search {
  readonly seen: Set<string>;
  readonly accounts: Map<number, Account>;
  /** Addresses elsewhere. */
  readonly forwards: Set<string>;
  readonly useCatchAll: boolean;
  /** It came to an alias or a domain that is out of use. */
  meetsDisabled: boolean;
}

class StoreDirectory implements Directory {
  readonly #store: Store;
  readonly #settings: DirectorySettings;
  readonly #domains: OwnDomains;
  readonly #plusSeparators: ReadonlyMap<string, string>;
  // Promises, so that askers at the same moment share one look-up, and one begun before a change is forgotten with the rest.
  readonly #resolutions: LRUCache<string, Promise<Resolution>>;
  readonly #senders: LRUCache<number, Promise<readonly string[]>>;
  readonly #stopListening: () => void;

  constructor({ store, settings, clock }: { store: Store; settings: DirectorySettings; clock: Clock }) {
    this.#store = store;
    this.#settings = settings;
    this.#domains = new OwnDomains(new Map(settings.domains.map(({ name, role }) => [name, role])), store);
    this.#plusSeparators = new Map(settings.domains.map(({ name, plusSeparator }) => [name, plusSeparator]));
    const bounds = { max: RESOLUTIONS_MAX, ttlMs: RESOLUTION_TTL_MS, clock };
    this.#resolutions = createMemory(bounds);
    this.#senders = createMemory(bounds);
    this.#stopListening = store.onEvent((event) => {
      if (event.kind === "directory") this.#forget();
    });
  }

  ready(): Promise<void> {
    return this.#domains.ready();
  }

  close(): void {
    this.#stopListening();
  }

  domainRole(domain: Domain): DomainRole | undefined {
    return this.#domains.role(domain);
  }

  isDisabled(domain: Domain): boolean {
    return this.#domains.isDisabled(domain);
  }

  resolve(mailbox: Mailbox): Promise<Resolution> {
    const address = canonicalAddress(mailbox);
    return remembered(this.#resolutions, address, () => this.#resolveAddress(address, { useCatchAll: true }));
  }

  async resolvePostmaster(): Promise<Resolution> {
    const admin = parsed(this.#settings.admin ?? "");
    return admin === undefined ? { kind: "unknown" } : this.resolve(admin);
  }

  senderAddresses(accountId: number): Promise<readonly string[]> {
    return remembered(this.#senders, accountId, () => this.#findSenderAddresses(accountId));
  }

  async maySendAs(accountId: number, mailbox: Mailbox): Promise<boolean> {
    // Who gets mail through a catch-all does not own every address of the domain.
    const address = canonicalAddress(mailbox);
    return leadsTo(await this.#resolveWithoutCatchAll(address), accountId);
  }

  #forget(): void {
    this.#resolutions.clear();
    this.#senders.clear();
    this.#domains.refresh();
  }

  #resolveWithoutCatchAll(address: string): Promise<Resolution> {
    return remembered(this.#resolutions, `owned ${address}`, () =>
      this.#resolveAddress(address, { useCatchAll: false }),
    );
  }

  async #resolveAddress(address: string, { useCatchAll }: { readonly useCatchAll: boolean }): Promise<Resolution> {
    await this.#domains.ready();
    const search: Search = {
      seen: new Set(),
      accounts: new Map(),
      forwards: new Set(),
      useCatchAll,
      meetsDisabled: false,
    };
    await this.#follow(address, 0, search);
    const accounts = [...search.accounts.values()];
    const recipients = accounts
      .filter(({ enabled }) => enabled)
      .map(({ id: accountId, address: own, usedOctets, quotaOctets }) => ({
        accountId,
        address: own,
        usedOctets,
        quotaOctets,
      }));
    const forwards = [...search.forwards];
    if (recipients.length > 0 || forwards.length > 0) return { kind: "accounts", recipients, forwards };
    return { kind: accounts.length > 0 || search.meetsDisabled ? "disabled" : "unknown" };
  }

  /** Adds the accounts behind `address`. Aliases that meet themselves, or too many others, end where they are. */
  async #follow(address: string, depth: number, search: Search): Promise<void> {
    if (depth > ALIAS_DEPTH_MAX || search.seen.has(address)) return;
    if (search.seen.size >= ADDRESSES_PER_RESOLUTION_MAX) throw new Error("alias leads to too many addresses");
    search.seen.add(address);
    const mailbox = parsed(address);
    if (mailbox === undefined) return;
    if (this.#domains.role(mailbox.domain) === undefined) {
      // Only an alias leads out of here: who asks for a foreign address gets nothing from us.
      if (depth > 0) search.forwards.add(address);
      return;
    }
    const entry = await this.#store.findAddress(address);
    if (this.#domains.isDisabled(mailbox.domain) || (entry?.kind === "alias" && !entry.enabled)) {
      search.meetsDisabled = true;
      return;
    }
    if (entry?.kind === "account") {
      search.accounts.set(entry.account.id, entry.account);
      return;
    }
    // An alias is a level; a plus-address or a catch-all is another name of what it stands for.
    const next = entry?.kind === "alias" ? depth + 1 : depth;
    const targets = entry?.kind === "alias" ? entry.targets : await this.#standsFor(mailbox, search);
    for (const target of targets) {
      const parsedTarget = parsed(target);
      if (parsedTarget !== undefined) await this.#follow(canonicalAddress(parsedTarget), next, search);
    }
  }

  /** The address that takes the mail of one that does not exist itself. */
  async #standsFor(mailbox: Mailbox, search: Search): Promise<readonly string[]> {
    const base = this.#withoutTag(mailbox);
    if (base !== undefined && (await this.#exists(base))) return [canonicalAddress(base)];
    const name = (base ?? mailbox).localPart.toLowerCase();
    if (ROLE_NAMES.includes(name) && this.#settings.admin !== undefined) return [this.#settings.admin];
    const catchAll = search.useCatchAll ? this.#settings.catchAll[mailbox.domain] : undefined;
    return catchAll === undefined ? [] : [catchAll];
  }

  #withoutTag(mailbox: Mailbox): Mailbox | undefined {
    const separator = this.#plusSeparators.get(mailbox.domain) ?? PLUS_SEPARATOR;
    if (separator === "") return undefined;
    const at = mailbox.localPart.indexOf(separator);
    return at > 0 ? { ...mailbox, localPart: mailbox.localPart.slice(0, at) } : undefined;
  }

  async #exists(mailbox: Mailbox): Promise<boolean> {
    return (await this.#store.findAddress(canonicalAddress(mailbox))) !== undefined;
  }

  async #findSenderAddresses(accountId: number): Promise<readonly string[]> {
    const account = await this.#store.findAccount(accountId);
    if (account === undefined || !account.enabled) return [];
    await this.#domains.ready();
    const aliases = await this.#store.listAliases();
    const roles = [...this.#domains.names()].flatMap((domain) => ROLE_NAMES.map((name) => `${name}@${domain}`));
    const candidates = new Set([...this.#aliasesTowards(account.address, aliases), ...roles]);
    const own = [account.address];
    for (const candidate of candidates) {
      if (candidate === account.address) continue;
      if (leadsTo(await this.#resolveWithoutCatchAll(candidate), accountId)) own.push(candidate);
    }
    return own;
  }

  /** Aliases that may lead to `address`, found backwards: whoever has ten thousand aliases does not follow each of them. */
  #aliasesTowards(
    address: string,
    aliases: readonly { readonly address: string; readonly targets: readonly string[] }[],
  ): ReadonlySet<string> {
    const sources = new Map<string, string[]>();
    for (const alias of aliases) {
      for (const key of alias.targets.flatMap((target) => this.#namesOf(target))) {
        const known = sources.get(key);
        if (known === undefined) sources.set(key, [alias.address]);
        else known.push(alias.address);
      }
    }
    const found = new Set<string>();
    for (const open = [address]; open.length > 0; ) {
      for (const source of sources.get(open.pop() ?? "") ?? []) {
        if (found.has(source)) continue;
        found.add(source);
        open.push(source);
      }
    }
    return found;
  }

  #namesOf(target: string): readonly string[] {
    const mailbox = parsed(target);
    if (mailbox === undefined) return [];
    const base = this.#withoutTag(mailbox);
    return base === undefined ? [canonicalAddress(mailbox)] : [canonicalAddress(mailbox), canonicalAddress(base)];
  }
}

function parsed(address: string): Mailbox | undefined {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? mailbox.value : undefined;
}

function leadsTo(resolution: Resolution, accountId: number): boolean {
  return resolution.kind === "accounts" && resolution.recipients.some((recipient) => recipient.accountId === accountId);
}

/** The remembered answer, or the one that `ask` will give; failures are not remembered. */
function remembered<Key extends string | number, Value>(
  memory: LRUCache<Key, Promise<Value>>,
  key: Key,
  ask: () => Promise<Value>,
): Promise<Value> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const answer = ask();
  memory.set(key, answer);
  answer.catch(() => {
    if (memory.peek(key) === answer) memory.delete(key);
  });
  return answer;
}
