/**
 * The composition root: from settings to a running server. `serve` opens the store, proves that it cannot relay, starts the
 * threads that talk to clients, and hands back what the command line needs to watch, reload and stop it.
 */
import { join } from "node:path";
import type { ServedCertificate } from "#certificates/expiry.ts";
import type { Settings } from "#config/settings.ts";
import type { ListReport } from "#evidence/dnsbl/list-watch.ts";
import type { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { ConnectionTotals, type LimitFigure } from "#gate/limits/connection-totals.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { type LogOptions, openLog } from "#platform/json-log.ts";
import { openControlSocket } from "#platform/net/control-socket.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { sharedCounters } from "#platform/threads/shared-counters.ts";
import type { Thread } from "#platform/threads/threads.ts";
import type { LoadedKeyPair } from "#platform/tls/key-pair-files.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import type { RaisedAlert } from "./threads/alert.ts";
import { type FrontThreads, startFrontThreads } from "./threads/front-threads.ts";
import { createGateMemory, type GateMemory } from "./threads/gate-memory.ts";
import type { Gatekeeper } from "./threads/gatekeeper.ts";
import { createOutcomeMemory, OutcomeFigures, type OutcomeReport } from "./threads/outcome-figures.ts";
import { Pairing } from "./threads/pairing.ts";
import type { ListeningReport } from "./threads/ports.ts";
import type { Proof } from "./threads/proofs.ts";
import { protectedAddresses } from "./threads/protected.ts";
import { type QueueThread, startQueueThread } from "./threads/queue-thread.ts";
import { ServerGuard } from "./threads/server-guard.ts";
import { connectionLimitSettings } from "./threads/slices.ts";
import { bindProblem, policyProblem, portInUse, relayProblem, type StartProblem } from "./threads/start-problem.ts";
import { openStoreThreads, type StoreThreads } from "./threads/store-threads.ts";
import type { TlsReport } from "./threads/tls-figures.ts";
import { type TlsFiles, tlsFilesOf } from "./threads/tls-files.ts";
import { TlsKeeper } from "./threads/tls-keeper.ts";
import { giveTlsMaterial, type TlsMaterial } from "./threads/tls-material.ts";

export interface ServeOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly log: LogOptions;
  /** Runs when the store is open and before anybody can connect. */
  readonly prepare?: (store: Store) => Promise<void>;
  /** What the control socket answers. */
  readonly control: (server: RunningServer) => (command: string, args: unknown) => Promise<unknown>;
}

export interface RunningServer {
  readonly store: Store;
  readonly log: Log;
  readonly startedAtMs: number;
  /** Those in force: a reload changes them. */
  readonly settings: () => Settings;
  readonly listening: () => readonly ListeningReport[];
  readonly certificates: () => readonly LoadedKeyPair[];
  /** As clients saw them last, listener by listener. */
  readonly servedCertificates: () => readonly ServedCertificate[];
  readonly tls: () => TlsReport;
  readonly lists: () => readonly ListReport[];
  readonly connections: () => number;
  /** How near each limit of connections has come. */
  readonly limitFigures: () => readonly LimitFigure[];
  /** What became of messages since the start. */
  readonly outcomes: () => OutcomeReport;
  readonly protectedAddresses: () => ProtectedAddresses;
  /** Newest first. */
  readonly alerts: () => readonly RaisedAlert[];
  /** What the last looks at the ten protections found. */
  readonly proofs: () => readonly Proof[];
  readonly gatekeeper: () => Gatekeeper | undefined;
  /** Other nodes; undefined where its key cannot be read: the log says why. */
  readonly pairing: () => Pairing | undefined;
  /** Resolves when a thread ended that should not have; the server is then of no more use. */
  readonly failed: Promise<string>;
  /** Serves new connections under other settings; those that are open finish under the old ones. With a problem nothing changes. */
  readonly reload: (settings: Settings) => Promise<StartProblem | undefined>;
  /** Takes no new connections, lets open transactions finish for a while, closes the store. */
  readonly stop: () => Promise<void>;
}

/** What the server writes is nobody else's to read; the socket of LMTP sets its own permissions. */
const OWNER_ONLY_UMASK = 0o077;

export async function serve(options: ServeOptions): Promise<Result<RunningServer, StartProblem>> {
  process.umask(OWNER_ONLY_UMASK);
  const inUse = await portInUse(options.settings, []);
  const storeThreads = await openStoreThreads(options.settings.dataDir);
  if (!storeThreads.ok) return storeThreads;
  const server = new Server(options, storeThreads.value);
  const problem = inUse ?? (await server.start());
  if (problem === undefined) return ok(server);
  await storeThreads.value.close();
  return failed(problem);
}

/** What serves under one version of the settings. */
interface Generation {
  readonly settings: Settings;
  readonly fronts: FrontThreads;
  /** Undefined where nothing may leave this machine. */
  readonly queue: QueueThread | undefined;
}

class Server implements RunningServer {
  readonly store: Store;
  readonly log: Log;
  readonly startedAtMs = systemClock.now();
  readonly failed: Promise<string>;
  readonly #options: ServeOptions;
  readonly #storeThreads: StoreThreads;
  readonly #flushLog: () => void;
  readonly #gateMemory: GateMemory;
  readonly #outcomeMemory = createOutcomeMemory();
  readonly #failure = Promise.withResolvers<string>();
  /** Ended on purpose. */
  readonly #dismissed = new Set<Thread>();
  #generation: Generation | undefined;
  #guard: ServerGuard | undefined;
  #pairing: Pairing | undefined;
  #tls: TlsKeeper | undefined;
  /** One reload or stop at a time. */
  #busy: Promise<unknown> = Promise.resolve();
  #closeControl: (() => Promise<void>) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ServeOptions, storeThreads: StoreThreads) {
    const { log, flush } = openLog(options.log);
    this.log = log;
    this.store = storeThreads.store;
    this.failed = this.#failure.promise;
    this.#flushLog = flush;
    this.#options = options;
    this.#storeThreads = storeThreads;
    this.#gateMemory = createGateMemory(options.settings, systemRandom);
  }

  readonly settings = (): Settings => this.#generation?.settings ?? this.#options.settings;
  readonly listening = (): readonly ListeningReport[] => this.#generation?.fronts.listening ?? [];
  readonly certificates = (): readonly LoadedKeyPair[] => this.#tls?.pairs ?? [];
  readonly servedCertificates = (): readonly ServedCertificate[] => this.#tls?.served ?? [];
  readonly tls = (): TlsReport => this.#guard?.tlsFigures.report() ?? { handshakesFailed: [], logins: [] };
  readonly lists = (): readonly ListReport[] => this.#guard?.listFigures.report() ?? [];
  readonly connections = (): number => this.#totals().open;
  readonly outcomes = (): OutcomeReport => new OutcomeFigures(this.#outcomeMemory).report();
  readonly limitFigures = (): readonly LimitFigure[] => this.#totals().figures();
  readonly protectedAddresses = (): ProtectedAddresses =>
    this.#guard?.protectedAddresses ?? protectedAddresses(this.settings());
  readonly alerts = (): readonly RaisedAlert[] => this.#guard?.alerts ?? [];
  readonly proofs = (): readonly Proof[] => this.#guard?.proofs ?? [];
  readonly gatekeeper = (): Gatekeeper | undefined => this.#guard?.gatekeeper;

  readonly pairing = (): Pairing | undefined => this.#pairing;

  #totals(): ConnectionTotals {
    const settings = connectionLimitSettings(this.settings(), []);
    return new ConnectionTotals(sharedCounters(this.#gateMemory.counters), settings);
  }

  async start(): Promise<StartProblem | undefined> {
    const { settings, prepare, control, version } = this.#options;
    await prepare?.(this.store);
    await this.#recoverQueue();
    const problem = await this.#serveUnder(settings);
    if (problem !== undefined) {
      await this.#tls?.close();
      await this.#guard?.close();
      return problem;
    }
    this.#watch(this.#storeThreads.threads);
    const socket = await openControlSocket(join(settings.dataDir, "control.sock"), control(this));
    this.#closeControl = () => socket.close();
    await this.#openPairing(settings);
    this.log.info("started", { version, listening: this.listening().map(({ endpoint }) => endpoint) });
    return undefined;
  }

  /** Before anything is sent: what was under way when the last process ended is due again. */
  async #recoverQueue(): Promise<void> {
    const found = await this.store.recoverQueue(systemClock.now());
    if (found.again + found.doubtful > 0) this.log.warn("queue-recovered", found);
  }

  readonly reload = (settings: Settings): Promise<StartProblem | undefined> => {
    const reloaded = this.#busy.then(() => this.#reload(settings));
    this.#busy = reloaded.catch(() => undefined);
    return reloaded;
  };

  readonly stop = (): Promise<void> => {
    this.#stopping ??= this.#busy.then(() => this.#stop());
    return this.#stopping;
  };

  async #reload(settings: Settings): Promise<StartProblem | undefined> {
    const old = this.#generation;
    if (this.#stopping !== undefined || old === undefined) return undefined;
    if (settings.dataDir !== old.settings.dataDir) {
      return { message: "data_dir cannot change while the server runs", remedy: "stop the server and start it again" };
    }
    const own = old.fronts.listening.map(({ endpoint }) => endpoint);
    const problem = (await portInUse(settings, own)) ?? (await this.#serveUnder(settings));
    if (problem !== undefined) return problem;
    for (const thread of old.fronts.threads) this.#dismissed.add(thread);
    if (old.queue !== undefined) this.#dismissed.add(old.queue.thread);
    void old.fronts.drain();
    void old.queue?.drain();
    await this.#openPairing(settings);
    this.log.info("reloaded", { listening: this.listening().map(({ endpoint }) => endpoint) });
    return undefined;
  }

  /** Starts threads for these settings beside those that are there. */
  async #serveUnder(settings: Settings): Promise<StartProblem | undefined> {
    const relay = await relayProblem(settings, this.store);
    if (relay !== undefined) return relay;
    const policy = await policyProblem(settings);
    if (policy !== undefined) return policy;
    const certificates = await tlsFilesOf(settings, systemClock.now());
    if (!certificates.ok) return certificates.problem;
    this.#guard ??= await this.#openGuard();
    this.#tls ??= this.#openTls(settings, certificates.value, this.#guard);
    const fronts = await startFrontThreads({
      gatekeeper: this.#guard.gatekeeper,
      fingerprintKey: this.#guard.fingerprintKey,
      settings,
      version: this.#options.version,
      log: this.#options.log,
      storeThreads: this.#storeThreads,
      tls: this.#tls.materialWith(certificates.value),
      gateMemory: this.#gateMemory,
      outcomeMemory: this.#outcomeMemory,
      takesOver: this.#generation !== undefined,
    });
    if (!fronts.ok) return bindProblem(fronts.problem.endpoint, fronts.problem.code);
    const queue = await startQueueThread(settings, this.#options.log, {
      storeThreads: this.#storeThreads,
      gatekeeper: this.#guard.gatekeeper,
      outcomeMemory: this.#outcomeMemory,
    });
    this.#generation = { settings, fronts: fronts.value, queue };
    this.#watch([...fronts.value.threads, ...(queue === undefined ? [] : [queue.thread])]);
    await this.#tls.inForce(settings, certificates.value);
    this.#guard.settingsInForce();
    return undefined;
  }

  #openGuard(): Promise<ServerGuard> {
    const { store, log, settings } = this;
    return ServerGuard.open({ store, log, settings, clock: systemClock, random: systemRandom });
  }

  #openTls(settings: Settings, files: TlsFiles, { alertBook: alerts }: ServerGuard): TlsKeeper {
    const apply = (material: TlsMaterial): Promise<void> =>
      giveTlsMaterial(this.#generation?.fronts.threads ?? [], material);
    const around = { clock: systemClock, random: systemRandom, log: this.log, alerts, apply };
    return new TlsKeeper(settings, files, around);
  }

  /** Beside the threads: a node without its pair takes mail all the same. */
  async #openPairing(settings: Settings): Promise<void> {
    await this.#pairing?.close();
    const alerts = this.#guard?.alertBook;
    if (alerts === undefined) return;
    const { store, log } = this;
    const protectedReason: ProtectedAddresses["reason"] = (prefix) => this.protectedAddresses().reason(prefix);
    const around = { store, log, alerts, protectedReason, clock: systemClock, random: systemRandom };
    const opened = await Pairing.open(around, settings);
    this.#pairing = opened.ok ? opened.value : undefined;
    if (!opened.ok) log.error("pairing-not-opened", { cause: opened.problem });
  }

  #watch(threads: readonly Thread[]): void {
    for (const thread of threads) void this.#watchOne(thread);
  }

  async #watchOne(thread: Thread): Promise<void> {
    const error = await thread.ended;
    if (this.#stopping !== undefined || this.#dismissed.has(thread)) return;
    this.#failure.resolve(error?.message ?? "a thread ended by itself");
  }

  async #stop(): Promise<void> {
    await this.#closeControl?.();
    await this.#tls?.close();
    await this.#pairing?.close();
    await Promise.all([this.#generation?.fronts.drain(), this.#generation?.queue?.drain()]);
    await this.#guard?.close();
    await this.#storeThreads.close();
    this.log.info("stopped");
    this.#flushLog();
  }
}
