/** Delivery to other servers in a world of maps: DNS, addresses, policies; and time that passes as fast as it is waited for. */
import { createRemoteDelivery, type RemoteDelivery } from "#delivery/remote/remote-delivery.ts";
import type { RemoteSettings } from "#delivery/remote/settings.ts";
import type { RouteSettings } from "#delivery/routing/settings.ts";
import type { StsFinding } from "#delivery/tls-policy/mta-sts.ts";
import { TlsResults } from "#delivery/tls-policy/tls-results.ts";
import type { AttemptReport, DeliveryJob } from "#queue/attempt.ts";
import { FakeClock } from "./clock.ts";
import { FakeLog } from "./log.ts";
import { FakeRandom } from "./random.ts";
import { type FakeNames, FakeResolver } from "./resolver.ts";
import { FakeNetwork, type FakeServer } from "./smtp-network.ts";

export interface RemoteWorldOptions {
  readonly dns: FakeNames;
  /** Validated, but for `unsigned`. */
  readonly signed?: boolean;
  readonly unsigned?: readonly string[];
  readonly servers?: Readonly<Record<string, FakeServer>>;
  readonly route?: Partial<RouteSettings>;
  readonly routes?: Readonly<Record<string, Partial<RouteSettings>>>;
  readonly settings?: Partial<Pick<RemoteSettings, "addressFamily" | "chunking">>;
  readonly sts?: StsFinding;
  readonly seed?: string;
}

export const ROUTE: RouteSettings = {
  host: undefined,
  port: 25,
  protocol: "smtp",
  implicitTls: false,
  tls: "auto",
  credentials: undefined,
  sourceAddresses: [],
};

/** This machine's, as the world has it. */
export const OWN_ADDRESS = "203.0.113.1";
const OWN_NAME = "mx.own.test";
/** More than any wait of a delivery. Milliseconds. */
const FOREVER_MS = 24 * 60 * 60 * 1000;
/** Turns of the event loop after which nothing happens but by time. */
const QUIET_TURNS = 10;

export class RemoteWorld {
  readonly clock = new FakeClock();
  readonly resolver: FakeResolver;
  readonly network: FakeNetwork;
  readonly tlsResults = new TlsResults();
  readonly log = new FakeLog();
  /** `refused hop: said`, `works hop`, in order. */
  readonly logins: string[] = [];
  readonly remote: RemoteDelivery;

  constructor(options: RemoteWorldOptions) {
    const { dns, signed = false, unsigned = [], servers = {}, route = {}, routes = {}, settings = {}, sts } = options;
    this.resolver = new FakeResolver(dns);
    this.resolver.authenticated = signed;
    this.resolver.unsigned = unsigned;
    this.network = new FakeNetwork(this.clock, servers);
    this.remote = createRemoteDelivery({
      settings: {
        hostname: OWN_NAME,
        fallback: { ...ROUTE, ...route },
        routes: new Map(Object.entries(routes).map(([domain, own]) => [domain, { ...ROUTE, ...own }])),
        addressFamily: "both",
        chunking: true,
        ...settings,
      },
      resolver: this.resolver,
      dialer: this.network,
      clock: this.clock,
      random: new FakeRandom(options.seed),
      log: this.log,
      mtaSts: { find: async () => sts ?? { policy: undefined, problem: undefined } },
      tlsResults: this.tlsResults,
      nextHops: {
        loginRefused: ({ hop, said }) => void this.logins.push(`refused ${hop}: ${said}`),
        loginWorks: (hop) => void this.logins.push(`works ${hop}`),
      },
      isOwnAddress: (address) => address === OWN_ADDRESS || address.startsWith("127.") || address === "::1",
    });
  }

  send(job: Partial<DeliveryJob> = {}, signal = new AbortController().signal): Promise<AttemptReport> {
    return this.passing(this.remote.attempt(jobTo(job), signal));
  }

  /** Lets time pass until the promise is settled. */
  async passing<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    void promise.finally(() => {
      state.isSettled = true;
    });
    for (let passedMs = 0; passedMs < FOREVER_MS; ) {
      for (let turn = 0; turn < QUIET_TURNS; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (state.isSettled) return promise;
      }
      const stepMs = this.clock.untilNextMs ?? FOREVER_MS;
      this.clock.advance(stepMs);
      passedMs += stepMs;
    }
    throw new Error("it never ends");
  }
}

export function jobTo(job: Partial<DeliveryJob>): DeliveryJob {
  const message = Buffer.from("Subject: Hi\r\n\r\n.Hello\r\n");
  return {
    messageId: 1,
    origin: "own",
    mailFrom: "alice@own.test",
    recipients: [recipient(1, "bob@peer.test")],
    destination: "peer.test",
    sizeOctets: message.length,
    body: "7BIT",
    utf8: false,
    requireTls: false,
    returnContent: undefined,
    envelopeId: undefined,
    moreWaits: false,
    read: async (start, end) => message.subarray(start, end),
    beforeFinalDot: async () => true,
    ...job,
  };
}

export function recipient(id: number, address: string): DeliveryJob["recipients"][number] {
  return { id, address, notify: undefined, originalRecipient: undefined };
}
