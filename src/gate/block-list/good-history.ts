/** Where users logged in and good mail came from in the last 30 days: what speaks for an address, and whom a ban would hit. */
import { LRUCache } from "lru-cache";
import { formatIp, type IpAddress, parseIp } from "../network/ip-address.ts";
import { formatPrefix, type Prefix, parsePrefix, prefixHolds, prefixOf } from "../network/prefix.ts";
import { ACCOUNTS_PER_ADDRESS_MAX, GOOD_FOR_MS, GOOD_NETWORKS_MAX } from "./limits.ts";
import { levelsOf } from "./network-levels.ts";

/** What a user's network is: providers give customers other addresses of it from time to time. Bits. */
const HOME_BITS = { 4: 24, 6: 56 } as const;

export class GoodHistory {
  readonly #logins = new LRUCache<string, number>({ max: GOOD_NETWORKS_MAX });
  readonly #mail = new LRUCache<string, number>({ max: GOOD_NETWORKS_MAX });
  readonly #homes = new LRUCache<string, number>({ max: GOOD_NETWORKS_MAX });
  /** By address: account and when it was last there. */
  readonly #accounts = new LRUCache<string, Map<string, number>>({ max: GOOD_NETWORKS_MAX });

  /** Entries of all tables together. */
  get size(): number {
    return this.#logins.size + this.#mail.size + this.#homes.size + this.#accounts.size;
  }

  login(address: string, account: string, atMs: number): void {
    const ip = parseIp(address);
    if (ip === undefined) return;
    for (const { prefix } of levelsOf(ip)) this.#logins.set(formatPrefix(prefix), atMs);
    this.#homes.set(homeKey(ip, account), atMs);
    const name = formatIp(ip);
    const accounts = this.#accounts.get(name) ?? new Map<string, number>();
    accounts.delete(account);
    const [oldest] = accounts.keys();
    if (accounts.size >= ACCOUNTS_PER_ADDRESS_MAX && oldest !== undefined) accounts.delete(oldest);
    this.#accounts.set(name, accounts.set(account, atMs));
  }

  /** A message was taken whose sender SPF or DKIM vouches for. */
  mail(address: string, atMs: number): void {
    const ip = parseIp(address);
    if (ip === undefined) return;
    for (const { prefix } of levelsOf(ip)) this.#mail.set(formatPrefix(prefix), atMs);
  }

  /** Has anybody logged in from this network, of one of the sizes that are looked at? */
  hasLogin(prefix: Prefix, nowMs: number): boolean {
    return isFresh(this.#logins.get(formatPrefix(prefix)), nowMs);
  }

  hasGoodMail(prefix: Prefix, nowMs: number): boolean {
    return isFresh(this.#mail.get(formatPrefix(prefix)), nowMs);
  }

  /** Has this account logged in from the network around the address? */
  isHome(address: string, account: string, nowMs: number): boolean {
    const ip = parseIp(address);
    return ip !== undefined && isFresh(this.#homes.get(homeKey(ip, account)), nowMs);
  }

  /** Accounts seen in a network, newest first. Looks through everything: for bans, which are rare. */
  accountsSeen(prefix: Prefix, nowMs: number): readonly string[] {
    const seen = new Map<string, number>();
    for (const [address, accounts] of this.#accounts.entries()) {
      const host = parsePrefix(address);
      if (!host.ok || !prefixHolds(prefix, host.value)) continue;
      for (const [account, atMs] of accounts) {
        if (isFresh(atMs, nowMs)) seen.set(account, Math.max(atMs, seen.get(account) ?? 0));
      }
    }
    return [...seen].toSorted(([, one], [, other]) => other - one).map(([account]) => account);
  }
}

function homeKey(ip: IpAddress, account: string): string {
  return `${account} ${formatPrefix(prefixOf(ip, HOME_BITS[ip.family]))}`;
}

function isFresh(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && nowMs - atMs < GOOD_FOR_MS;
}
