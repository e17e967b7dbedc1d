import { formatEndpoint } from "#config/endpoint.ts";
import type { ListenerSettings } from "#config/settings.ts";
import { GOOD_FOR_MS } from "#gate/block-list/limits.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { openLog } from "#platform/json-log.ts";
import { type Listening, listen } from "#platform/net/listener.ts";
import { networkSet } from "#platform/net/network-set.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import { type ConnectionGate, openConnectionGate } from "./connection-gate.ts";
import { ConnectionRoster } from "./connection-roster.ts";
import { FrontGate } from "./front-gate.ts";
import { FrontTls } from "./front-tls.ts";
import type { FrontData, ListeningReport } from "./ports.ts";
import { protocolAccepts } from "./protocol-accepts.ts";
import { storeOver } from "./store-ports.ts";
import type { TlsMaterial } from "./tls-material.ts";
import { webAccepts } from "./web-accept.ts";

export interface Front {
  readonly listening: readonly ListeningReport[];
  replaceTls(material: TlsMaterial): void;
  /** Takes no more connections; resolves when the last one is gone. */
  drain(): Promise<void>;
}

/** What is still open so long after the drain began is dropped, before the thread is ended. Milliseconds; less than `DRAIN_MS`. */
const DROP_AFTER_MS = 9_000;

/** Listens on every port of the settings. The problem: an address that cannot be bound, and Node's code for why. */
export async function startFront(data: FrontData): Promise<Result<Front, { endpoint: string; code: string }>> {
  const { settings } = data;
  const { log, flush } = openLog(data.log);
  const store = storeOver(data.storePorts);
  const frontTls = new FrontTls(data.tls);
  const roster = new ConnectionRoster();
  const clock = systemClock;
  const { gate, limits } = await openGates(data, { store, clock, log });
  const accepts = await protocolAccepts(data, { store, log, limits, gate });
  const webAccept = webAccepts(settings, { tls: frontTls, store, clock, random: systemRandom, log, gate });
  const open: { readonly listening: Listening; readonly report: ListeningReport }[] = [];
  for (const listener of settings.listeners.filter((one) => belongsHere(one, data))) {
    const opened = await listenOn(listener);
    if (!opened.ok) {
      await Promise.all(open.map(({ listening }) => listening.close()));
      return opened;
    }
    open.push(opened.value);
  }

  async function listenOn(
    listener: ListenerSettings,
  ): Promise<Result<{ listening: Listening; report: ListeningReport }, { endpoint: string; code: string }>> {
    const { protocol, endpoint, tls, minTls, ipv6Only, proxyFrom } = listener;
    const accept = protocol === "http" ? webAccept(listener) : accepts.acceptFor(protocol);
    const at = formatEndpoint(endpoint);
    const notBelieved = LOGIN_PROTOCOLS.has(protocol)
      ? (cause: string) => log.info("client-certificate-not-believed", { listener: at, cause })
      : undefined;
    try {
      const listening = await listen({
        bind: endpoint.kind === "tcp" ? { ...endpoint, ipv6Only } : endpoint,
        reusePort: true,
        takesOver: data.takesOver,
        tls,
        serverTls: tls === "none" ? undefined : frontTls.serverTls(ALPN[protocol], minTls, notBelieved),
        believesProxy: proxyFrom.length === 0 ? undefined : networkSet(proxyFrom),
        random: systemRandom,
        log,
        handshakeFailed: (failure) => gate.handshakeFailed(formatEndpoint(endpoint), failure),
        arrive: (remote) => limits.arrive(remote, listener, (onClosed) => roster.keeping(accept, onClosed)),
      });
      const bound = listening.bind;
      return ok({ listening, report: { protocol, tls, endpoint: formatEndpoint(bound) } });
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      return failed({ endpoint: formatEndpoint(endpoint), code });
    }
  }

  return ok({
    listening: open.map(({ report }) => report),
    replaceTls: (material) => frontTls.replace(material),
    drain: async () => {
      const closed = open.map(({ listening }) => listening.close());
      // A place that nobody gives back would be lost to all later connections.
      const late = clock.after(DROP_AFTER_MS, () => roster.dropAll());
      await roster.drain();
      late.cancel();
      await Promise.all(closed);
      await accepts.close();
      gate.close();
      await store.close();
      flush();
    },
  });
}

/** Who is let in: what is known of addresses, and how many there may be. Both know where users have logged in. */
async function openGates(
  data: FrontData,
  around: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): Promise<{ readonly gate: FrontGate; readonly limits: ConnectionGate }> {
  const { settings, gatePort: port, fingerprintKey } = data;
  const logins = await around.store.listLogins(around.clock.now() - GOOD_FOR_MS);
  const isEnforced = settings.rules.blockList === "enforce";
  const gate = await FrontGate.open({ ...around, port, fingerprintKey, isEnforced }, logins);
  const limits = openConnectionGate(data, {
    ...around,
    hidden: {
      arrived: (address, isMx) => gate.arrived(address, isMx),
      hidesOthers: (address) => gate.hidesOthers(address),
    },
    limitReached: (reached) => gate.limitReached(reached),
    tlsLogin: (accountId, version) => gate.tlsLogin(accountId, version),
  });
  for (const { address, lastMs } of logins) limits.remember(address, lastMs);
  return { gate, limits };
}

function belongsHere({ endpoint }: ListenerSettings, { isFirst }: FrontData): boolean {
  return isFirst || endpoint.kind === "tcp";
}

/** Where users log in, and may show a certificate. Other servers have certificates of their own, which prove nothing here. */
const LOGIN_PROTOCOLS: ReadonlySet<ListenerSettings["protocol"]> = new Set(["submission", "imap", "pop3"]);

/** What is said in a TLS handshake (RFC 7301, and IANA's list of names). */
const ALPN = {
  smtp: "smtp",
  submission: "smtp",
  lmtp: "smtp",
  imap: "imap",
  pop3: "pop3",
  http: "http/1.1",
} as const;
