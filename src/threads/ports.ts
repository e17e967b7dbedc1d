/** What threads are given when they begin, and what they say when they are ready. Everything here can be cloned. */
import type { MessagePort } from "node:worker_threads";
import type { Settings } from "#config/settings.ts";
import type { LogOptions } from "#platform/json-log.ts";
import type { GateMemory } from "./gate-memory.ts";
import type { TlsMaterial, TlsOrder } from "./tls-material.ts";

/** Where a thread finds the two halves of the store. */
export interface StorePorts {
  readonly writer: MessagePort;
  readonly reader: MessagePort;
}

export interface FrontData {
  readonly settings: Settings;
  readonly version: string;
  /** The first front alone has the socket files: they cannot be shared out by the kernel. */
  readonly isFirst: boolean;
  /** Older threads hold the same ports until they are drained: a reload. */
  readonly takesOver: boolean;
  readonly tls: TlsMaterial;
  readonly gateMemory: GateMemory;
  /** See `outcome-figures.ts`. */
  readonly outcomeMemory: SharedArrayBuffer;
  readonly log: LogOptions;
  readonly storePorts: StorePorts;
  /** To the gatekeeper: see `gate-messages.ts`. */
  readonly gatePort: MessagePort;
  /** For fingerprints of passwords; made when the process begins, and never stored. */
  readonly fingerprintKey: Uint8Array;
}

export interface QueueData {
  readonly settings: Settings;
  /** See `outcome-figures.ts`. */
  readonly outcomeMemory: SharedArrayBuffer;
  readonly log: LogOptions;
  readonly storePorts: StorePorts;
  /** To the gatekeeper: alerts alone go there. */
  readonly gatePort: MessagePort;
}

export interface StoreData {
  readonly dataDir: string;
}

/** First word of a thread to the one that started it. */
export type ThreadReport =
  | { readonly kind: "ready"; readonly listening: readonly ListeningReport[] }
  /** Expected: a port in use, a data folder of somebody else. `message` says what, `remedy` what to do. */
  | { readonly kind: "failed"; readonly message: string; readonly remedy: string };

export interface ListeningReport {
  readonly protocol: string;
  readonly tls: string;
  /** `127.0.0.1:2525`, `[::1]:2525` or `unix:/path`. */
  readonly endpoint: string;
}

/** Later words to a thread. */
export type ThreadOrder =
  | { readonly kind: "drain" }
  | TlsOrder
  /** To the store's threads: one more caller. */
  | { readonly kind: "caller"; readonly port: MessagePort; readonly hears: Hearing };

/** Each delivery is an event. Whoever has no use for what happens in folders is not woken by it. */
export type Hearing = "everything" | "not-of-folders";
