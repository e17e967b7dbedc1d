/** Which clients wait for the greeting. Those that did wait less the next time; memory is bounded, the least recent are forgotten. */
import { LRUCache } from "lru-cache";

/** Addresses remembered: about 100 octets each. */
export const REMEMBERED_MAX = 20_000;

export interface GreetDelays {
  /** Milliseconds for an address that was not seen to wait. */
  readonly unknownMs: number;
  /** Milliseconds for one that was. */
  readonly knownMs: number;
}

export class EarlyTalkers {
  readonly #delays: GreetDelays;
  readonly #patient = new LRUCache<string, true>({ max: REMEMBERED_MAX });

  constructor(delays: GreetDelays) {
    this.#delays = delays;
  }

  /** How long this client is to wait for the greeting. */
  delayMs(address: string): number {
    return this.#patient.get(keyOf(address)) === true ? this.#delays.knownMs : this.#delays.unknownMs;
  }

  /** The client waited for the greeting and then sent a message that was taken. */
  behaved(address: string): void {
    this.#patient.set(keyOf(address), true);
  }

  /** The client spoke first. */
  spokeEarly(address: string): void {
    this.#patient.delete(keyOf(address));
  }
}

/** One customer has a /64: all of it is one client. */
function keyOf(address: string): string {
  if (!address.includes(":") || address.startsWith("unix:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  return [...groups, ...Array.from({ length: zeros }, () => "0"), ...after].slice(0, 4).join(":");
}
