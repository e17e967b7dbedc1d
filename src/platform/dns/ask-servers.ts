/** One question to the servers in turn, each with its share of the time. The first that answers decides. */
import type { Log } from "#ports/log.ts";
import type { DnsFailure } from "#ports/resolver.ts";
import { type Meaning, meaningOf, type RecordData } from "#protocol/dns/answer.ts";
import { BADVERS, FORMERR, NOTIMP, type Question, type QuestionType } from "#protocol/dns/message.ts";
import { askOverTcp, askOverUdp, type ServerReply, type Surroundings } from "./exchange.ts";
import { SERVERS_MAX, SILENCES_MAX, SILENT_SERVER_MS } from "./limits.ts";
import { formatServerAddress, isLoopback, type ServerAddress } from "./server-address.ts";
import type { ServerList } from "./system-servers.ts";

export type ServersAnswer<Data> =
  | Exclude<Meaning<Data>, { kind: "unavailable" }>
  | { readonly kind: "unavailable"; readonly cause: DnsFailure };

export interface ServersOptions extends Surroundings {
  readonly log: Log;
  /** Letters of a question in random case, which the server must repeat: more for a forger to guess ("0x20"). */
  readonly mixCase: boolean;
}

export class Servers {
  readonly #options: ServersOptions;
  readonly #silences = new Map<string, Silence>();

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /** @param deadlineMs monotonic clock. */
  async ask<Type extends QuestionType>(
    question: Question & { readonly type: Type },
    list: ServerList,
    deadlineMs: number,
  ): Promise<ServersAnswer<RecordData[Type]>> {
    const servers = this.#inOrder(list.servers);
    let failure: DnsFailure = "timed-out";
    for (const [i, server] of servers.entries()) {
      const leftMs = deadlineMs - this.#options.clock.monotonicMs();
      if (leftMs <= 0) break;
      const reply = await this.#askOne(server, question, leftMs / (servers.length - i));
      this.#remember(server, reply.kind === "timed-out" || reply.kind === "unreachable");
      const meaning = meaningOfReply(reply, question);
      if (meaning.kind !== "unavailable") {
        const authenticated = meaning.authenticated && (list.trustAd || isLoopback(server));
        return { ...meaning, authenticated };
      }
      // What a server said, or another's silence: the former tells more.
      if (meaning.cause !== "timed-out") failure = meaning.cause;
    }
    return { kind: "unavailable", cause: failure };
  }

  /** @param timeoutMs for everything this server needs: a try without EDNS, a try over TCP. */
  async #askOne(server: ServerAddress, question: Question, timeoutMs: number): Promise<ServerReply> {
    const { clock, random, mixCase } = this.#options;
    const untilMs = clock.monotonicMs() + timeoutMs;
    const spelt = mixCase
      ? { ...question, name: inMixedCase(question.name, random.bytes(question.name.length)) }
      : question;
    const query = (edns: boolean) => ({ server, question: spelt, edns, timeoutMs: untilMs - clock.monotonicMs() });
    let edns = true;
    let reply = await askOverUdp(query(edns), this.#options);
    if (isEdnsRefused(reply)) {
      edns = false;
      reply = await askOverUdp(query(edns), this.#options);
    }
    return reply.kind === "truncated" ? askOverTcp(query(edns), this.#options) : reply;
  }

  /** Those that stayed silent lately come last. */
  #inOrder(servers: readonly ServerAddress[]): readonly ServerAddress[] {
    const nowMs = this.#options.clock.monotonicMs();
    const isSilent = (server: ServerAddress): boolean =>
      (this.#silences.get(formatServerAddress(server))?.untilMs ?? nowMs) > nowMs;
    const answering = servers.filter((server) => !isSilent(server));
    return [...answering, ...servers.filter(isSilent)].slice(0, SERVERS_MAX);
  }

  #remember(server: ServerAddress, isSilent: boolean): void {
    const { clock, log } = this.#options;
    const name = formatServerAddress(server);
    const { inARow, untilMs } = this.#silences.get(name) ?? { inARow: 0, untilMs: undefined };
    if (!isSilent) {
      this.#silences.delete(name);
      if (untilMs !== undefined) log.info("dns-server-answers-again", { server: name });
      return;
    }
    // The system's list may change for ever: no more are remembered than are asked.
    if (this.#silences.size >= SERVERS_MAX * 2 && !this.#silences.has(name)) this.#silences.clear();
    const isDead = inARow + 1 >= SILENCES_MAX;
    if (isDead && untilMs === undefined) log.warn("dns-server-silent", { server: name });
    const nextUntilMs = isDead ? clock.monotonicMs() + SILENT_SERVER_MS : undefined;
    this.#silences.set(name, { inARow: inARow + 1, untilMs: nextUntilMs });
  }
}

interface Silence {
  /** Time-outs, and refusals by its machine, with no answer to anybody between them: one alone may be the fault of the name. */
  readonly inARow: number;
  /** When the server may be asked in its turn again, by monotonic clock. */
  readonly untilMs: number | undefined;
}

function meaningOfReply<Type extends QuestionType>(
  reply: ServerReply,
  question: Question & { readonly type: Type },
): ServersAnswer<RecordData[Type]> {
  switch (reply.kind) {
    case "response":
      return meaningOf(reply.message, question);
    case "timed-out":
    case "malformed":
      return { kind: "unavailable", cause: reply.kind };
    case "unreachable":
    case "truncated":
      return { kind: "unavailable", cause: "server-failure" };
    case "out-of-sockets":
      return { kind: "unavailable", cause: "overloaded" };
  }
}

/** RFC 6891 §7: how servers say that they do not know EDNS, or not this version. */
function isEdnsRefused(reply: ServerReply): boolean {
  return reply.kind === "response" && [FORMERR, NOTIMP, BADVERS].includes(reply.message.rcode);
}

function inMixedCase(name: string, octets: Uint8Array): string {
  return name
    .split("")
    .map((letter, i) => ((octets[i] ?? 0) & 1 ? letter.toUpperCase() : letter))
    .join("");
}
