/** Other nodes, in the main thread: listens for them, keeps up the connections to them, and does what `postern pair` asks. */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import type { Prefix } from "#gate/network/prefix.ts";
import { parsePrefix } from "#gate/network/prefix.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { Exchange } from "#pair/exchange.ts";
import { HandOverDesk } from "#pair/hand-over-desk.ts";
import { joinNode } from "#pair/join-node.ts";
import { HANDED_OVER_KEPT_MS, NODES_MAX } from "#pair/limits.ts";
import { formatPlace, type LinkDependencies, splitPlace } from "#pair/node-link.ts";
import { OpenCode } from "#pair/open-code.ts";
import { OwnRecipients } from "#pair/own-recipients.ts";
import { PairCaller } from "#pair/pair-caller.ts";
import { newNode, PairHost } from "#pair/pair-host.ts";
import { PairLink } from "#pair/pair-link.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { fileSpool } from "#platform/file-spool.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { listenForNodes, type PairListening } from "#platform/net/pair-listener.ts";
import { loadPairingIdentity, type PairingIdentity } from "#platform/tls/pairing-identity.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { formatPairingCode, parsePairingCode } from "#protocol/pair/code.ts";
import { INLINE_OCTETS_MAX } from "#store/limits.ts";
import type { PairNodeRow } from "#store/pair-rows.ts";
import type { Store } from "#store/store.ts";
import type { Alerts } from "./alerts.ts";
import { nodeStates, type PairState } from "./pair-states.ts";
import { PAIR_FOLDER, pairAddress, pairBind, policyDigest } from "./pairing-settings.ts";
import { openReturnAddresses } from "./return-addresses.ts";
import { directorySettings, receptionSettings } from "./slices.ts";

export interface PairingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Why this may never be banned here. */
  readonly protectedReason: (prefix: Prefix) => string | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Between two looks at the age of lists, and at what is too old to keep. Milliseconds. */
const LOOK_MS = 60_000;

export class Pairing {
  readonly #options: PairingOptions;
  readonly #settings: Settings;
  readonly #identity: PairingIdentity;
  readonly #code: OpenCode;
  readonly #links: LinkDependencies;
  readonly #exchange: Exchange;
  readonly #host: PairHost;
  readonly #closes: (() => void)[] = [];
  readonly #callers = new Map<string, PairCaller>();
  #listening: PairListening | undefined;
  #looking: Timer | undefined;
  /** One change of what runs after the other. */
  #busy: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    options: PairingOptions,
    settings: Settings,
    parts: { readonly identity: PairingIdentity; readonly own: OwnRecipients; readonly desk: HandOverDesk },
  ) {
    const { store, clock, random, log } = options;
    const { identity, own, desk } = parts;
    const { servers, timeoutMs } = settings.dns;
    const name = settings.hostname;
    const { fingerprint } = identity;
    this.#options = options;
    this.#settings = settings;
    this.#identity = identity;
    this.#code = new OpenCode({ clock, random });
    const resolver = createDnsClient({ servers, timeoutMs, clock, random, log });
    this.#links = { identity, dialer: systemDialer, resolver, clock };
    const policy = policyDigest(settings);
    const mayBan = (text: string): boolean => {
      const prefix = parsePrefix(text);
      return prefix.ok && options.protectedReason(prefix.value) === undefined;
    };
    const connected = (node: string): void => void this.#sendWhatWaits(node);
    this.#exchange = new Exchange({ store, own, name, policy: () => policy, mayBan, connected, clock, log });
    this.#host = new PairHost({
      store,
      name,
      fingerprint,
      code: this.#code,
      exchange: this.#exchange,
      desk,
      clock,
      log,
    });
    this.#closes.push(
      () => own.close(),
      store.onEvent(({ kind }) => {
        if (kind === "pair") this.#look();
      }),
    );
  }

  /** The problem: one line. Rejects when the store cannot be read. */
  static async open(options: PairingOptions, settings: Settings): Promise<Result<Pairing, string>> {
    const { store, clock, random, log } = options;
    const identity = await loadPairingIdentity(join(settings.dataDir, PAIR_FOLDER), clock.now());
    if (!identity.ok) return identity;
    const aboutDirectory = directorySettings(settings);
    const directory = await createDirectory({ store, clock, settings: aboutDirectory });
    const key = createHmac("sha256", identity.value.keyPem).update("recipient list").digest();
    const own = new OwnRecipients({ store, directory, settings: aboutDirectory, key, clock, log });
    const { hostname, limits } = receptionSettings(settings);
    const returns = await openReturnAddresses(settings, { clock, random });
    const desk = new HandOverDesk({
      store,
      returns,
      directory,
      clock,
      random,
      log,
      spool: fileSpool({
        directory: join(settings.dataDir, "spool"),
        inlineOctetsMax: Math.min(settings.limits.messageInMemoryOctetsMax, INLINE_OCTETS_MAX),
        random,
      }),
      settings: {
        hostname,
        ...limits,
        quarantine: { keepMs: settings.quarantine.keepDays * DAY_MS, octetsMax: settings.quarantine.octetsMax },
      },
    });
    const pairing = new Pairing(options, settings, { identity: identity.value, own, desk });
    pairing.#closes.push(() => directory.close());
    await pairing.#run();
    return ok(pairing);
  }

  /** A code for one other node. The problem: a word for `problem-words.ts`. */
  async makeCode(): Promise<
    Result<{ readonly code: string; readonly untilMs: number; readonly address: string }, string>
  > {
    const bind = pairBind(this.#settings);
    if (bind === undefined) return failed("pair-no-bind");
    const address = pairAddress(this.#settings);
    const { host, port } = splitPlace(address);
    const { secret, untilMs } = this.#code.make();
    await this.#run();
    if (this.#listening === undefined) return failed("pair-not-listening");
    const { fingerprint } = this.#identity;
    return ok({ code: formatPairingCode({ host, port, fingerprint, secret }), untilMs, address });
  }

  /** @param host in place of the one in the code; empty: that one. */
  async join(host: string, codeText: string): Promise<Result<PairNodeRow, string>> {
    const { store, clock } = this.#options;
    const code = parsePairingCode(codeText);
    if (code === undefined) return failed("pair-bad-code");
    if (code.fingerprint === this.#identity.fingerprint) return failed("pair-own-code");
    const others = (await store.listPairNodes()).filter(({ fingerprint }) => fingerprint !== code.fingerprint);
    if (others.length >= NODES_MAX) return failed("pair-too-many");
    const place = placeOf(host, code);
    if (place === undefined) return failed("pair-bad-host");
    const us = { ...this.#links, name: this.#settings.hostname, address: pairAddress(this.#settings) };
    const joined = await joinNode(place, code, us);
    if (!joined.ok) return failed(`pair-not-joined: ${joined.problem}`);
    const node = newNode({ ...joined.value, address: place, dials: true, nowMs: clock.now() });
    await store.putPairNode(node);
    await this.#run();
    return ok(node);
  }

  /** @param node its name, or the beginning of its fingerprint. */
  async remove(node: string): Promise<Result<PairNodeRow, string>> {
    const { store } = this.#options;
    const found = (await store.listPairNodes()).filter(
      ({ name, fingerprint }) => name === node || (node.length >= 8 && fingerprint.startsWith(node)),
    );
    const [one, another] = found;
    if (one === undefined || another !== undefined) return failed(one === undefined ? "pair-no-node" : "pair-several");
    await store.removePairNode(one.fingerprint);
    await this.#run();
    return ok(one);
  }

  states(): Promise<PairState> {
    const problems = new Map([...this.#callers].map(([node, { problem }]) => [node, problem]));
    return nodeStates(this.#settings, this.#options, problems);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#looking?.cancel();
    for (const close of this.#closes.splice(0)) close();
    for (const caller of this.#callers.values()) caller.close();
    this.#host.close();
    await this.#busy;
    await this.#listening?.close();
  }

  #look(): void {
    this.#run().catch((error: unknown) => this.#options.log.error("pairing-failed", { cause: String(error) }));
  }

  /** Listens where there is anybody to listen for, calls whom it has joined, and looks at the age of what they said. */
  #run(): Promise<void> {
    const run = this.#busy.then(() => this.#runNow());
    this.#busy = run.catch(() => undefined);
    return run;
  }

  async #runNow(): Promise<void> {
    if (this.#isClosed) return;
    const nodes = await this.#options.store.listPairNodes();
    await this.#listen(nodes.length > 0 || this.#code.isOpen);
    this.#call(nodes.filter(({ dials }) => dials));
    await this.#lookAtAges();
    this.#looking?.cancel();
    this.#looking = this.#options.clock.after(LOOK_MS, () => this.#look());
  }

  async #listen(isWanted: boolean): Promise<void> {
    const { log, clock, alerts } = this.#options;
    const bind = pairBind(this.#settings);
    if (!isWanted || bind === undefined) {
      await this.#listening?.close();
      this.#listening = undefined;
      return;
    }
    if (this.#listening !== undefined) return;
    const endpoint = formatPlace(bind.host, bind.port);
    try {
      this.#listening = await listenForNodes({
        ...bind,
        identity: this.#identity,
        log,
        arrived: (connection, fingerprint) => this.#host.arrived(new PairLink(connection, clock), fingerprint),
      });
      alerts.settle("pair-not-listening", endpoint);
      log.info("pair-listening", { endpoint });
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      alerts.raise({
        name: "pair-not-listening",
        subject: endpoint,
        text: `Cannot listen for other nodes on ${endpoint} (${code}).`,
        remedy: "Look at [pair] bind.",
        evidence: [],
      });
    }
  }

  #call(nodes: readonly PairNodeRow[]): void {
    const { clock, log } = this.#options;
    const wanted = new Map(nodes.map((node) => [node.fingerprint, node]));
    for (const [fingerprint, caller] of this.#callers) {
      if (wanted.has(fingerprint)) continue;
      caller.close();
      this.#callers.delete(fingerprint);
    }
    for (const [fingerprint, { address }] of wanted) {
      if (this.#callers.has(fingerprint)) continue;
      const caller = new PairCaller({ ...this.#links, fingerprint, address, exchange: this.#exchange, clock, log });
      this.#callers.set(fingerprint, caller);
    }
  }

  async #lookAtAges(): Promise<void> {
    const { store, clock, alerts } = this.#options;
    await store.prunePair(clock.now() - HANDED_OVER_KEPT_MS);
    const { domains } = await this.states();
    for (const { name, state, detail } of domains) {
      if (state === "current") {
        alerts.settle("recipient-list", name);
        continue;
      }
      alerts.raise({
        name: "recipient-list",
        subject: name,
        text: `${name}: ${detail}.`,
        remedy: "`postern pair list` shows the nodes.",
        evidence: [],
      });
    }
  }

  /** The node is there again: what waits for it goes now, and not when its turn comes in some hours. */
  async #sendWhatWaits(node: string): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const { domains } = await this.states();
      for (const { name, fingerprint } of domains) {
        if (fingerprint !== node) continue;
        while ((await store.changeQueued({ domain: name }, "retry", clock.now())) > 0 && !this.#isClosed);
      }
    } catch (error) {
      log.error("pair-queue-not-woken", { node, cause: String(error) });
    }
  }
}

/** `mx1.example.com`, `192.0.2.1:2526`, `[2001:db8::1]:2526`; what is not said is as in the code. */
function placeOf(host: string, code: { readonly host: string; readonly port: number }): string | undefined {
  if (host === "") return formatPlace(code.host, code.port);
  const given = splitPlace(host);
  if (given.host !== "") return given.port > 0 ? host : undefined;
  const bare = /^\[?([0-9A-Za-z.:-]+)\]?$/.exec(host)?.[1];
  return bare === undefined ? undefined : formatPlace(bare, code.port);
}
