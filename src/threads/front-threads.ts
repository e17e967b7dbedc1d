import { availableParallelism } from "node:os";
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { LogOptions } from "#platform/json-log.ts";
import { systemClock } from "#platform/system-clock.ts";
import { startThread, type Thread } from "#platform/threads/threads.ts";
import type { GateMemory } from "./gate-memory.ts";
import type { Gatekeeper } from "./gatekeeper.ts";
import type { FrontData, ListeningReport, ThreadOrder, ThreadReport } from "./ports.ts";
import type { StoreThreads } from "./store-threads.ts";
import { threadFile } from "./thread-file.ts";
import type { TlsMaterial } from "./tls-material.ts";

/** The threads that talk to clients under one version of the settings. */
export interface FrontThreads {
  readonly threads: readonly Thread[];
  readonly listening: readonly ListeningReport[];
  /** Takes no new connections, lets what is open finish for a while, ends the threads. */
  readonly drain: () => Promise<void>;
}

export interface FrontOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly log: LogOptions;
  readonly storeThreads: StoreThreads;
  readonly gatekeeper: Gatekeeper;
  readonly fingerprintKey: Uint8Array;
  readonly tls: TlsMaterial;
  readonly gateMemory: GateMemory;
  readonly outcomeMemory: SharedArrayBuffer;
  /** The ports are shared with threads that will be drained: a reload. */
  readonly takesOver: boolean;
}

/**
 * Mebibytes of the young generation of a front's heap. A message is worked on by turns with those of dozens of other
 * connections: with a few mebibytes, what it is made of is moved to the old generation before it is done, and to collect it
 * there is a sixth of all processor time. What clients send does not pile up for it: `platform/net/read-garbage.ts`.
 */
const YOUNG_GENERATION_MEBIBYTES = 24;

/** Open transactions get so long to finish when threads drain. Milliseconds. */
const DRAIN_MS = 10_000;

/** The problem: an address that cannot be bound, and the system's code for why. */
export async function startFrontThreads(
  options: FrontOptions,
): Promise<Result<FrontThreads, { readonly endpoint: string; readonly code: string }>> {
  const { settings, storeThreads } = options;
  const count = settings.threads.front === 0 ? availableParallelism() : settings.threads.front;
  const threads: Thread[] = [];
  let listening: readonly ListeningReport[] = [];
  // One after the other: a problem is told once.
  for (let number = 0; number < count; number++) {
    const storePorts = storeThreads.connect("everything");
    const gatePort = options.gatekeeper.connect();
    const data: FrontData = {
      settings,
      version: options.version,
      isFirst: number === 0,
      takesOver: options.takesOver,
      tls: options.tls,
      gateMemory: options.gateMemory,
      outcomeMemory: options.outcomeMemory,
      log: options.log,
      storePorts,
      gatePort,
      fingerprintKey: options.fingerprintKey,
    };
    const ports = [storePorts.writer, storePorts.reader, gatePort];
    const thread = startThread(threadFile("front"), `front-${number}`, data, ports, {
      youngGenerationMebibytes: YOUNG_GENERATION_MEBIBYTES,
    });
    threads.push(thread);
    const report = (await thread.ready) as ThreadReport;
    if (report.kind === "failed") {
      await Promise.all(threads.map((started) => started.stop()));
      return failed({ endpoint: report.message, code: report.remedy });
    }
    if (number === 0) listening = report.listening;
  }
  return ok({ threads, listening, drain: () => drain(threads) });
}

async function drain(threads: readonly Thread[]): Promise<void> {
  for (const thread of threads) thread.post({ kind: "drain" } satisfies ThreadOrder);
  const late = Promise.withResolvers<void>();
  const timer = systemClock.after(DRAIN_MS, late.resolve);
  await Promise.race([Promise.all(threads.map(({ ended }) => ended)), late.promise]);
  timer.cancel();
  await Promise.all(threads.map((thread) => thread.stop()));
}
