/** This node's own recipient list, made from its directory and made again when that changes. */
import type { Directory } from "#identity/directory.ts";
import { type Mailbox, parseMailbox } from "#mail/address.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import { LIST_ADDRESSES_MAX, LIST_SETTLES_MS } from "./limits.ts";
import { type ListedDomain, type ListedState, listDigest, makeRecipientList } from "./recipient-list.ts";

export interface OwnList {
  readonly octets: Uint8Array;
  readonly digest: string;
}

export interface OwnRecipientsOptions {
  readonly store: Pick<Store, "listAccounts" | "listAliases" | "listDomains" | "onEvent">;
  readonly directory: Pick<Directory, "resolve" | "domainRole" | "isDisabled">;
  readonly settings: {
    readonly domains: readonly { readonly name: string; readonly plusSeparator: string }[];
    /** It takes mail for postmaster and abuse of every domain. */
    readonly admin: string | undefined;
    readonly catchAll: Readonly<Record<string, string>>;
  };
  /** 32 octets that stay the same. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

const PLUS_SEPARATOR = "+";
const ROLE_NAMES = ["postmaster", "abuse"];

export class OwnRecipients {
  readonly #options: OwnRecipientsOptions;
  readonly #stopListening: () => void;
  #list: Promise<OwnList | undefined> | undefined;
  #settling: Timer | undefined;

  constructor(options: OwnRecipientsOptions) {
    this.#options = options;
    this.#stopListening = options.store.onEvent(({ kind }) => {
      if (kind === "directory") this.#changed();
    });
  }

  /** Undefined where no domain is this node's own. Rejects when the store cannot be asked. */
  list(): Promise<OwnList | undefined> {
    const list = (this.#list ??= this.#make());
    list.catch(() => {
      if (this.#list === list) this.#list = undefined;
    });
    return list;
  }

  close(): void {
    this.#settling?.cancel();
    this.#stopListening();
  }

  #changed(): void {
    if (this.#list === undefined) return;
    this.#settling ??= this.#options.clock.after(LIST_SETTLES_MS, () => {
      this.#settling = undefined;
      this.#list = undefined;
    });
  }

  async #make(): Promise<OwnList | undefined> {
    const { key, log } = this.#options;
    const domains = await this.#domains();
    if (domains.length === 0) return undefined;
    const addresses = await this.#addresses(domains.map(({ name }) => name));
    if (addresses.size > LIST_ADDRESSES_MAX) {
      log.error("recipient-list-too-long", { addresses: addresses.size, max: LIST_ADDRESSES_MAX });
      throw new Error("too many addresses for a recipient list");
    }
    const octets = makeRecipientList(key, domains, addresses);
    return { octets, digest: listDigest(octets) };
  }

  async #domains(): Promise<readonly ListedDomain[]> {
    const { store, directory, settings } = this.#options;
    const stored = await store.listDomains();
    const names = new Set([...settings.domains.map(({ name }) => name), ...stored.map(({ name }) => name)]);
    const domains: ListedDomain[] = [];
    for (const name of [...names].toSorted()) {
      const mailbox = parsed(`postmaster@${name}`);
      if (mailbox === undefined || directory.domainRole(mailbox.domain) !== "primary") continue;
      const set = settings.domains.find((domain) => domain.name === name);
      const catchAll = parsed(settings.catchAll[name] ?? "");
      const isOut = directory.isDisabled(mailbox.domain);
      const others = isOut ? "disabled" : catchAll === undefined ? "unknown" : await this.#resolve(catchAll);
      domains.push({ name, separator: set?.plusSeparator ?? PLUS_SEPARATOR, others });
    }
    return domains;
  }

  async #addresses(domains: readonly string[]): Promise<ReadonlyMap<string, ListedState>> {
    const { store, settings } = this.#options;
    const own = new Set(domains);
    const addresses = new Map<string, ListedState>();
    const isOurs = (address: string): boolean => own.has(address.slice(address.lastIndexOf("@") + 1));
    if (settings.admin !== undefined) {
      for (const name of domains) {
        for (const role of ROLE_NAMES) await this.#add(addresses, `${role}@${name}`);
      }
    }
    for (const { address } of await store.listAliases()) if (isOurs(address)) await this.#add(addresses, address);
    for (const { address, enabled } of await store.listAccounts()) {
      if (isOurs(address)) addresses.set(address, enabled ? "exists" : "disabled");
    }
    return addresses;
  }

  async #add(addresses: Map<string, ListedState>, address: string): Promise<void> {
    const mailbox = parsed(address);
    if (mailbox !== undefined) addresses.set(address, await this.#resolve(mailbox));
  }

  async #resolve(mailbox: Mailbox): Promise<ListedState> {
    const { kind } = await this.#options.directory.resolve(mailbox);
    return kind === "unknown" || kind === "disabled" ? kind : "exists";
  }
}

function parsed(address: string): Mailbox | undefined {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? mailbox.value : undefined;
}
