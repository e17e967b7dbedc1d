/**
 * The composition root: from settings to a running server. `serve` opens the store, proves that it cannot relay, starts the
 * threads that talk to clients, and hands back what the command line needs to watch and stop it.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { formatEndpoint } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { type LogOptions, openLog } from "#platform/json-log.ts";
import { openControlSocket } from "#platform/net/control-socket.ts";
import { probePort } from "#platform/net/probe-port.ts";
import { systemClock } from "#platform/system-clock.ts";
import { sharedCounter, sharedCounterMemory } from "#platform/threads/shared-counter.ts";
import { startThread, type Thread } from "#platform/threads/threads.ts";
import type { LoadedKeyPair } from "#platform/tls/key-pair-files.ts";
import type { Log } from "#ports/log.ts";
import { runRelaySelfTest } from "#reception/relay-self-test.ts";
import type { Store } from "#store/store.ts";
import { keyPairsOf } from "./threads/key-pairs.ts";
import type { FrontData, ListeningReport, ThreadOrder, ThreadReport } from "./threads/ports.ts";
import { directorySettings, relaySelfTestSettings } from "./threads/slices.ts";
import { openStoreThreads, type StoreThreads } from "./threads/store-threads.ts";
import { threadFile } from "./threads/thread-file.ts";

/** What keeps a server from starting: one line, and what to do about it. */
export interface StartProblem {
  readonly message: string;
  readonly remedy: string;
}

export interface ServeOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly log: LogOptions;
  /** Runs when the store is open and before anybody can connect: the first run makes its accounts here. */
  readonly prepare?: (store: Store) => Promise<void>;
  /** What the control socket answers. */
  readonly control: (server: RunningServer) => (command: string, args: unknown) => Promise<unknown>;
}

export interface RunningServer {
  readonly store: Store;
  readonly log: Log;
  readonly startedAtMs: number;
  readonly listening: readonly ListeningReport[];
  readonly certificates: readonly LoadedKeyPair[];
  readonly connections: () => number;
  /** Resolves when a thread ended that should not have; the server is then of no more use. */
  readonly failed: Promise<string>;
  /** Takes no new connections, lets open transactions finish for a while, closes the store. */
  stop(): Promise<void>;
}

/** Open transactions get so long to finish when the server drains. Milliseconds. */
const DRAIN_MS = 10_000;

/** What the server writes is nobody else's to read; the socket of LMTP sets its own permissions. */
const OWNER_ONLY_UMASK = 0o077;

export async function serve(options: ServeOptions): Promise<Result<RunningServer, StartProblem>> {
  const { settings } = options;
  process.umask(OWNER_ONLY_UMASK);
  const startedAtMs = systemClock.now();
  const inUse = await portInUse(settings);
  const storeThreads = await openStoreThreads(settings.dataDir);
  if (!storeThreads.ok) return storeThreads;
  const { store, close: closeStore, threads: storeThreadList } = storeThreads.value;
  const { log, flush } = openLog(options.log);
  const giveUp = async (problem: StartProblem): Promise<Result<never, StartProblem>> => {
    await closeStore();
    return failed(problem);
  };
  if (inUse !== undefined) return giveUp(inUse);
  await options.prepare?.(store);
  const relay = await relayProblem(settings, store);
  if (relay !== undefined) return giveUp(relay);
  const certificates = await keyPairsOf(settings, systemClock.now());
  if (!certificates.ok) return giveUp(certificates.problem);
  const counterMemory = sharedCounterMemory();
  const fronts = await startFronts(options, storeThreads.value, certificates.value, counterMemory);
  if (!fronts.ok) return giveUp(fronts.problem);
  const { threads, listening } = fronts.value;
  let stopping: Promise<void> | undefined;
  const server: RunningServer = {
    store,
    log,
    startedAtMs,
    listening,
    certificates: certificates.value,
    connections: () => sharedCounter(counterMemory).value,
    failed: firstFailure([...threads, ...storeThreadList], () => stopping !== undefined),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
  const control = await openControlSocket(join(settings.dataDir, "control.sock"), options.control(server));
  async function stop(): Promise<void> {
    await control.close();
    await drain(threads);
    await closeStore();
    log.info("stopped");
    flush();
  }
  log.info("started", { version: options.version, listening: server.listening.map(({ endpoint }) => endpoint) });
  return ok(server);
}

/**
 * With SO_REUSEPORT a second server of the same user could bind the same port and take half of the connections: so it is
 * looked first whether the port is free.
 */
async function portInUse({ listeners }: Settings): Promise<StartProblem | undefined> {
  for (const { endpoint, ipv6Only } of listeners) {
    if (endpoint.kind === "unix") continue;
    const code = await probePort({ ...endpoint, ipv6Only });
    if (code !== undefined) return bindProblem(formatEndpoint(endpoint), code);
  }
  return undefined;
}

function bindProblem(endpoint: string, code: string): StartProblem {
  const message = `cannot listen on ${endpoint}`;
  switch (code) {
    case "EADDRINUSE":
      return {
        message: `${message}: the port is in use by another program`,
        remedy: "stop that program, or give this [[listener]] another bind",
      };
    case "EACCES":
      return {
        message: `${message}: ports below 1024 need a privilege`,
        remedy: "run with CAP_NET_BIND_SERVICE, or bind to a port from 1024 on",
      };
    case "EADDRNOTAVAIL":
      return {
        message: `${message}: this machine does not have that address`,
        remedy: "bind to one of its own addresses, or to 0.0.0.0 or [::]",
      };
    default:
      return { message: `${message} (${code})`, remedy: "look at the bind of this [[listener]]" };
  }
}

async function relayProblem(settings: Settings, store: Store): Promise<StartProblem | undefined> {
  const directory = await createDirectory({ store, clock: systemClock, settings: directorySettings(settings) });
  try {
    const results = await runRelaySelfTest({ directory, settings: relaySelfTestSettings(settings) });
    const wrong = results.filter(({ passed }) => !passed);
    const [first] = wrong;
    if (first === undefined) return undefined;
    return {
      message: `this server could relay: ${wrong.length} of ${results.length} relay tests fail (first: ${first.id} on ${first.listener}, expected ${first.expected}, got ${first.got})`,
      remedy: "run `postern selftest` for all of them, and look at [relay] and at your aliases",
    };
  } finally {
    directory.close();
  }
}

async function startFronts(
  { settings, version, log }: ServeOptions,
  storeThreads: StoreThreads,
  keyPairs: readonly [LoadedKeyPair, ...LoadedKeyPair[]],
  connectionCounter: SharedArrayBuffer,
): Promise<Result<{ threads: readonly Thread[]; listening: readonly ListeningReport[] }, StartProblem>> {
  const count = settings.threads.front === 0 ? availableParallelism() : settings.threads.front;
  const threads: Thread[] = [];
  let listening: readonly ListeningReport[] = [];
  // One after the other: a problem is told once, and a port that the system chose is known to the next.
  for (let number = 0; number < count; number++) {
    const storePorts = storeThreads.connect();
    const data: FrontData = {
      settings,
      version,
      isFirst: number === 0,
      reusePort: count > 1,
      keyPairs,
      connectionCounter,
      log,
      storePorts,
    };
    const thread = startThread(threadFile("front"), `front-${number}`, data, [storePorts.writer, storePorts.reader]);
    threads.push(thread);
    const report = (await thread.ready) as ThreadReport;
    if (report.kind === "failed") {
      await Promise.all(threads.map((started) => started.stop()));
      return failed(bindProblem(report.message, report.remedy));
    }
    if (number === 0) listening = report.listening;
  }
  return ok({ threads, listening });
}

async function drain(threads: readonly Thread[]): Promise<void> {
  for (const thread of threads) thread.post({ kind: "drain" } satisfies ThreadOrder);
  const late = Promise.withResolvers<void>();
  const timer = systemClock.after(DRAIN_MS, late.resolve);
  await Promise.race([Promise.all(threads.map(({ ended }) => ended)), late.promise]);
  timer.cancel();
  await Promise.all(threads.map((thread) => thread.stop()));
}

async function firstFailure(threads: readonly Thread[], isStopping: () => boolean): Promise<string> {
  const error = await Promise.race(threads.map(({ ended }) => ended));
  if (isStopping()) return new Promise(() => undefined);
  return error?.message ?? "a thread ended by itself";
}
