/** The system's name servers (resolv.conf(5)), read again when the file has changed. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Clock } from "#ports/clock.ts";
import { SERVERS_MAX, SYSTEM_SERVERS_LOOK_MS, SYSTEM_SERVERS_OCTETS_MAX } from "./limits.ts";
import { parseServerAddress, type ServerAddress } from "./server-address.ts";

export interface ServerList {
  readonly servers: readonly ServerAddress[];
  /** The AD bit of these servers may be believed although they are not on this machine. */
  readonly trustAd: boolean;
}

/** resolv.conf(5): without any, the one on this machine. */
const DEFAULT: ServerList = { servers: [{ address: "127.0.0.1", port: 53 }], trustAd: false };

/** A file that is gone, or without a server for a moment while it is rewritten, leaves the last list in force. */
export class SystemServers {
  readonly #file: string;
  readonly #clock: Clock;
  #list: ServerList = DEFAULT;
  #version = "";
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  current(): ServerList {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= SYSTEM_SERVERS_LOOK_MS) {
      this.#lookedAtMs = nowMs;
      this.#look();
    }
    return this.#list;
  }

  #look(): void {
    let file: number;
    try {
      file = openSync(this.#file, "r");
    } catch {
      return;
    }
    try {
      const { mtimeMs, size, ino } = fstatSync(file);
      const version = `${ino} ${size} ${mtimeMs}`;
      if (version === this.#version) return;
      const octets = new Uint8Array(SYSTEM_SERVERS_OCTETS_MAX);
      const list = parseResolvConf(new TextDecoder().decode(octets.subarray(0, readSync(file, octets))));
      if (list.servers.length > 0) this.#list = list;
      this.#version = version;
    } catch {
      // Unreadable, or a folder: as if it were gone.
    } finally {
      closeSync(file);
    }
  }
}

export function parseResolvConf(text: string): ServerList {
  const servers: ServerAddress[] = [];
  let trustAd = false;
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === "options" && values.includes("trust-ad")) trustAd = true;
    const server = keyword === "nameserver" ? parseServerAddress(values[0] ?? "") : undefined;
    if (server !== undefined && servers.length < SERVERS_MAX) servers.push(server);
  }
  return { servers, trustAd };
}
