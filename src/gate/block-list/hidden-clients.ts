/**
 * Notices addresses behind which other clients stand: masquerading, the network of containers, a proxy that does not say whom
 * it speaks for. What is known of such an address says nothing about a client, so the rules that go by address are suspended
 * for it, loudly.
 */
import { LRUCache } from "lru-cache";
import { getDomain } from "tldts";
import type { Alert } from "./decision.ts";
import { HIDDEN_ADDRESSES_MAX, HIDDEN_NAMES_MIN, HIDDEN_SESSIONS_MIN, HIDDEN_WINDOW_MS } from "./limits.ts";

const STEPS = 10;
const STEP_MS = HIDDEN_WINDOW_MS / STEPS;

export class HiddenClients {
  readonly #mayHideOthers: (address: string) => boolean;
  readonly #all = new WindowCount();
  readonly #sessions = new LRUCache<string, WindowCount>({ max: HIDDEN_ADDRESSES_MAX });
  readonly #names = new LRUCache<string, Map<string, number>>({ max: HIDDEN_ADDRESSES_MAX });
  readonly #suspended = new LRUCache<string, number>({ max: HIDDEN_ADDRESSES_MAX });

  /** @param mayHideOthers private addresses and the gateway's: `ProtectedAddresses.mayHideOthers`. */
  constructor(mayHideOthers: (address: string) => boolean) {
    this.#mayHideOthers = mayHideOthers;
  }

  get size(): number {
    return this.#sessions.size + this.#names.size + this.#suspended.size;
  }

  /** For every connection, refused ones too. @returns an alert when its address is suspended from now on. */
  arrived(address: string, nowMs: number): Alert | undefined {
    const all = this.#all.add(nowMs);
    if (!this.#mayHideOthers(address)) return undefined;
    const sessions = this.#sessions.get(address) ?? new WindowCount();
    this.#sessions.set(address, sessions);
    const here = sessions.add(nowMs);
    if (here < HIDDEN_SESSIONS_MIN || here * 2 <= all) return undefined;
    const text = `${here} of ${all} connections of the last ten minutes come from ${address}, which is no client's address`;
    return this.#suspend({ name: "clients-are-hidden", subject: address, text, evidence: [] }, nowMs);
  }

  /**
   * A client has said its name. Only names of sessions that turned out good count at a public address (`proven`: a login, or
   * mail its domain vouches for): a liar with a thousand names must not be able to suspend the rules for itself.
   */
  said(
    {
      address,
      clientName,
      proven,
    }: { readonly address: string; readonly clientName: string; readonly proven: boolean },
    nowMs: number,
  ): Alert | undefined {
    const domain = getDomain(clientName);
    if (domain === null || !(proven || this.#mayHideOthers(address))) return undefined;
    const names = this.#names.get(address) ?? new Map<string, number>();
    this.#names.set(address, names);
    for (const [name, atMs] of names) if (nowMs - atMs >= HIDDEN_WINDOW_MS) names.delete(name);
    names.delete(domain);
    if (names.size < HIDDEN_NAMES_MIN) names.set(domain, nowMs);
    if (names.size < HIDDEN_NAMES_MIN) return undefined;
    const text = `${address} shows ${names.size} unrelated client names within ten minutes: several clients stand behind it`;
    return this.#suspend({ name: "many-client-names", subject: address, text, evidence: [...names.keys()] }, nowMs);
  }

  /** Are rules that go by address suspended for it? Ten minutes longer than what was noticed. */
  hidesOthers(address: string, nowMs: number): boolean {
    return (this.#suspended.get(address) ?? 0) > nowMs;
  }

  #suspend(alert: Alert, nowMs: number): Alert | undefined {
    const isNew = !this.hidesOthers(alert.subject, nowMs);
    this.#suspended.set(alert.subject, nowMs + HIDDEN_WINDOW_MS);
    return isNew ? { ...alert, text: `${alert.text}. Limits and bans by address are suspended for it.` } : undefined;
  }
}

/** How many in the last ten minutes, to a minute. */
class WindowCount {
  readonly #counts = new Uint32Array(STEPS);
  #step = 0;

  /** @returns the count with this one. */
  add(nowMs: number): number {
    const step = Math.floor(nowMs / STEP_MS);
    const passed = step - this.#step;
    if (passed >= STEPS || passed < 0) this.#counts.fill(0);
    else for (let past = this.#step + 1; past <= step; past++) this.#counts[past % STEPS] = 0;
    this.#step = step;
    this.#counts[step % STEPS] = (this.#counts[step % STEPS] ?? 0) + 1;
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }
}
