/** The DNS client: a stub resolver with a cache, made for thousands of questions at once. */
import { reverseName } from "#mail/ip-address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { DnsAnswer, LookupOptions, ZoneResolver } from "#ports/resolver.ts";
import type { RecordData } from "#protocol/dns/answer.ts";
import { ALIASES_MAX } from "#protocol/dns/limits.ts";
import { isAskable, type Question, type QuestionType } from "#protocol/dns/message.ts";
import { AnswerCache } from "./answer-cache.ts";
import { Servers } from "./ask-servers.ts";
import { SOCKETS_MAX, WAITING_MAX, WARNING_MS } from "./limits.ts";
import { formatServerAddress, parseServerAddress } from "./server-address.ts";
import { type ServerList, SystemServers } from "./system-servers.ts";
import { WaitingLine } from "./waiting-line.ts";

export interface DnsClientOptions {
  /** `127.0.0.1:5300` and the like, in the order in which they are asked; what is none is left out. None: the system's. */
  readonly servers: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds for one question, whoever waits for it and however many servers there are. */
  readonly timeoutMs: number;
  /** Questions in random case ("0x20"). Off: a few servers do not repeat it, and their names would be lost. */
  readonly mixCase?: boolean;
  /** Believes the AD bit of servers elsewhere too: the path to them is safe. Servers on this machine are always believed. */
  readonly trustAd?: boolean;
  /** resolv.conf(5) */
  readonly systemServersFile?: string;
  readonly socketsMax?: number;
  readonly waitingMax?: number;
}

export interface DnsClient extends ZoneResolver {
  load(): DnsLoad;
  /** Whom it asks at the moment, for people: `127.0.0.1:53`. */
  serverNames(): readonly string[];
}

export interface DnsLoad {
  readonly sockets: number;
  readonly waiting: number;
  readonly answersRemembered: number;
}

export function createDnsClient(options: DnsClientOptions): DnsClient {
  const lookups = new Lookups(options);
  return {
    a: (name, lookup) => lookups.find({ name, type: "A" }, lookup),
    aaaa: (name, lookup) => lookups.find({ name, type: "AAAA" }, lookup),
    ptr: (address, lookup) => lookups.find({ name: reverseName(address), type: "PTR" }, lookup),
    txt: (name, lookup) => lookups.find({ name, type: "TXT" }, lookup),
    mx: (name, lookup) => lookups.find({ name, type: "MX" }, lookup),
    tlsa: (name, lookup) => lookups.find({ name, type: "TLSA" }, lookup),
    cname: (name, lookup) => lookups.find({ name, type: "CNAME" }, lookup),
    ns: (name, lookup) => lookups.find({ name, type: "NS" }, lookup),
    caa: (name, lookup) => lookups.find({ name, type: "CAA" }, lookup),
    srv: (name, lookup) => lookups.find({ name, type: "SRV" }, lookup),
    load: () => lookups.load(),
    serverNames: () => lookups.serverNames(),
  };
}

/** Seconds for which we know that a name nobody can ask for does not exist. */
const UNASKABLE_TTL_SECONDS = 3600;

class Lookups {
  readonly #options: DnsClientOptions;
  readonly #list: () => ServerList;
  readonly #servers: Servers;
  readonly #cache: AnswerCache;
  readonly #line: WaitingLine;
  /** Questions on their way: whoever asks the same waits for the same answer. */
  readonly #underWay = new Map<string, Promise<DnsAnswer<unknown>>>();
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: DnsClientOptions) {
    const { clock, random, log, mixCase = false, socketsMax = SOCKETS_MAX, waitingMax = WAITING_MAX } = options;
    this.#options = options;
    this.#list = serverList(options);
    this.#servers = new Servers({ clock, random, log, mixCase });
    this.#cache = new AnswerCache(clock);
    this.#line = new WaitingLine({ places: socketsMax, waitingMax });
  }

  load(): DnsLoad {
    return { sockets: this.#line.taken, waiting: this.#line.waiting, answersRemembered: this.#cache.size };
  }

  serverNames(): readonly string[] {
    return this.#list().servers.map(formatServerAddress);
  }

  async find<Type extends QuestionType>(
    question: Question & { readonly type: Type },
    { deadlineMs, ttlSecondsMin }: LookupOptions,
  ): Promise<DnsAnswer<RecordData[Type]>> {
    const name = withoutFinalDot(question.name.toLowerCase());
    const key = `${question.type} ${name}`;
    const known = this.#cache.get(key, ttlSecondsMin);
    if (known !== undefined) return known as DnsAnswer<RecordData[Type]>;
    if (!isAskable(name)) return { kind: "no-such-name", ttlSeconds: UNASKABLE_TTL_SECONDS, authenticated: false };
    const answer = await this.#within(deadlineMs, () =>
      this.#shareOrAsk(key, { name, type: question.type }, deadlineMs),
    );
    return answer as DnsAnswer<RecordData[Type]>;
  }

  /** The caller's deadline is its own: the question goes on for others, and for the cache. */
  #within(deadlineMs: number, ask: () => Promise<DnsAnswer<unknown>>): Promise<DnsAnswer<unknown>> {
    const { clock } = this.#options;
    const timedOut: DnsAnswer<unknown> = { kind: "unavailable", cause: "timed-out" };
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) return Promise.resolve(timedOut);
    return new Promise((resolve, reject) => {
      const timer = clock.after(leftMs, () => resolve(timedOut));
      ask()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  /** Who joined a question late has time left when that question has none: it asks anew. */
  async #shareOrAsk(key: string, question: Question, deadlineMs: number): Promise<DnsAnswer<unknown>> {
    const hasJoined = this.#underWay.has(key);
    const answer = await this.#share(key, question);
    const isTooLate = answer.kind === "unavailable" && (answer.cause === "timed-out" || answer.cause === "overloaded");
    const hasTime = this.#options.clock.monotonicMs() < deadlineMs;
    return hasJoined && isTooLate && hasTime ? this.#share(key, question) : answer;
  }

  #share(key: string, question: Question): Promise<DnsAnswer<unknown>> {
    const { clock, timeoutMs } = this.#options;
    const shared = this.#underWay.get(key);
    if (shared !== undefined) return shared;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const entered = this.#line.enter(() => this.#askAlongAliases(question, deadlineMs));
    if (entered === undefined) {
      this.#warn();
      return Promise.resolve({ kind: "unavailable", cause: "overloaded" });
    }
    const asked = entered
      .then((answer) => {
        this.#cache.set(key, answer);
        return answer;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  /** Resolvers follow CNAMEs themselves; where one leaves off in the middle, we go on from there. */
  async #askAlongAliases(question: Question, deadlineMs: number): Promise<DnsAnswer<unknown>> {
    // All its time went by in the line: no server is to blame.
    if (this.#options.clock.monotonicMs() >= deadlineMs) return { kind: "unavailable", cause: "overloaded" };
    let name = question.name;
    let aliases = 0;
    let ttlSeconds = Number.POSITIVE_INFINITY;
    let authenticated = true;
    while (aliases <= ALIASES_MAX) {
      const answer = await this.#servers.ask({ ...question, name }, this.#list(), deadlineMs);
      if (answer.kind === "unavailable") return answer;
      ttlSeconds = Math.min(ttlSeconds, answer.ttlSeconds);
      authenticated &&= answer.authenticated;
      if (answer.kind !== "alias") {
        const alias = answer.kind === "records" && aliases > 0 ? { aliasOf: answer.aliasOf ?? name } : {};
        return { ...answer, ttlSeconds, authenticated, ...alias };
      }
      if (!isAskable(answer.target)) return { kind: "unavailable", cause: "malformed" };
      name = answer.target;
      aliases += answer.followed;
    }
    return { kind: "unavailable", cause: "too-many-aliases" };
  }

  #warn(): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#warnedAtMs < WARNING_MS) return;
    this.#warnedAtMs = nowMs;
    log.warn("dns-overloaded", { ...this.load() });
  }
}

function withoutFinalDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function serverList({ servers, clock, trustAd = false, systemServersFile = "/etc/resolv.conf" }: DnsClientOptions) {
  const own = servers.map(parseServerAddress).filter((server) => server !== undefined);
  const system = new SystemServers(systemServersFile, clock);
  return (): ServerList => {
    if (own.length > 0) return { servers: own, trustAd };
    const list = system.current();
    return { ...list, trustAd: list.trustAd || trustAd };
  };
}
