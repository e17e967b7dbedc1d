/** A name server in this process, over UDP and TCP, whose zones are a map and which misbehaves on demand. */
import { Buffer } from "node:buffer";
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import {
  type Answer,
  AUTHENTIC_DATA,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from "dns-packet";

/** By type: the data of the records as the codec takes them, or one CNAME. A type that is not there is "no data". */
export interface ZoneRecords {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly PTR?: readonly string[];
  readonly TXT?: readonly (string | readonly string[])[];
  readonly MX?: readonly { readonly preference: number; readonly exchange: string }[];
  readonly TLSA?: readonly {
    readonly usage: number;
    readonly selector: number;
    readonly matchingType: number;
    readonly certificate: Buffer;
  }[];
  readonly CNAME?: string;
  /** Seconds; 300 without it. */
  readonly ttl?: number;
}

export type Misbehaviour =
  | "silence"
  | "servfail"
  | "refused"
  /** FORMERR to every query with EDNS, without the question, as very old servers do. */
  | "no-edns"
  /** TC over UDP; TCP works. */
  | "truncated"
  | "truncated-and-no-tcp"
  /** Over TCP the answer to another question. */
  | "truncated-and-foreign-tcp"
  /** Over TCP the connection ends in the middle of the answer. */
  | "truncated-and-cut-tcp"
  /** Datagrams with a wrong ID, a wrong question, and garbage with the right ID before the right answer. */
  | "forged-first"
  /** The same, and no right answer. */
  | "forged-only"
  /** Keeps the answer back until `release`. */
  | "held"
  /** A CNAME without what it points to. */
  | "one-alias-a-time"
  /** Names of other servers instead of an answer. */
  | "referral"
  /** Letters of the question in lower case. */
  | "lower-case";

export interface ReceivedQuery {
  readonly name: string;
  readonly type: string;
  readonly over: "udp" | "tcp";
  readonly id: number;
  readonly clientPort: number;
  readonly edns: boolean;
}

export interface FakeDnsServer {
  readonly address: string;
  /** By name in lower case. A name that is not there does not exist. May be changed. */
  zone: Readonly<Record<string, ZoneRecords>>;
  /** By name; `*` is every name. May be changed. */
  misbehaviour: Readonly<Record<string, Misbehaviour>>;
  authenticated: boolean;
  readonly queries: ReceivedQuery[];
  /** Resolves when so many queries in all, or one for that name, have come. */
  received(what: number | string): Promise<void>;
  /** Sends what was held back. */
  release(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const ANY_PORT = 0;

type Send = (octets: Buffer, options?: { readonly isCut: boolean }) => void;

export async function startDnsServer(
  zone: FakeDnsServer["zone"] = {},
  misbehaviour: FakeDnsServer["misbehaviour"] = {},
  wantedPort = ANY_PORT,
): Promise<FakeDnsServer> {
  const { udp, tcp, port } = await listen(wantedPort);
  const watchers = new Set<() => void>();
  const held: (() => void)[] = [];
  const server: FakeDnsServer = {
    address: `127.0.0.1:${port}`,
    zone,
    misbehaviour,
    authenticated: false,
    queries: [],
    async received(what) {
      const isThere = (): boolean =>
        typeof what === "number" ? server.queries.length >= what : server.queries.some(({ name }) => name === what);
      while (!isThere()) await new Promise<void>((resolve) => watchers.add(resolve));
    },
    release() {
      for (const send of held.splice(0)) send();
    },
    async [Symbol.asyncDispose]() {
      udp.close();
      tcp.close();
      for (const socket of connections) socket.destroy();
    },
  };
  const take = (octets: Buffer, over: "udp" | "tcp", clientPort: number, send: Send): void => {
    const packet = decode(octets);
    const [question] = packet.questions ?? [];
    if (question === undefined) return;
    const edns = (packet.additionals ?? []).length > 0;
    const query: ReceivedQuery = { ...question, over, id: packet.id ?? 0, clientPort, edns };
    server.queries.push(query);
    for (const wake of watchers) wake();
    watchers.clear();
    answer(server, query, send, (sendLater) => held.push(sendLater));
  };
  udp.on("message", (octets: Buffer, { port: clientPort, address }: RemoteInfo) => {
    take(octets, "udp", clientPort, (reply) => udp.send(reply, clientPort, address));
  });
  const connections = new Set<Socket>();
  tcp.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => connections.delete(socket));
    let input = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      if (input.length < 2 || input.length < 2 + input.readUInt16BE(0)) return;
      take(input.subarray(2), "tcp", socket.remotePort ?? 0, (reply, { isCut } = { isCut: false }) => {
        // In two writes: a reader must not take the first chunk for the message.
        socket.setNoDelay(true);
        socket.write(Buffer.from([reply.length >> 8]));
        setImmediate(() => {
          socket.write(Buffer.from([reply.length & 0xff]));
          if (isCut) socket.end(reply.subarray(0, reply.length / 2));
          else socket.write(reply);
        });
      });
    });
  });
  return server;
}

/** Attempts to find a port that neither UDP nor TCP has taken: the sockets of clients under test take ports by chance. */
const PORT_ATTEMPTS_MAX = 20;

/** The same port for UDP and TCP. */
async function listen(
  wantedPort: number,
  attemptsLeft = PORT_ATTEMPTS_MAX,
): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  const tcp = createServer();
  tcp.listen(wantedPort, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as { port: number };
  const udp = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
  try {
    udp.bind(port, "127.0.0.1");
    await once(udp, "listening");
    return { udp, tcp, port };
  } catch (error) {
    udp.close();
    tcp.close();
    if (attemptsLeft <= 1) throw error;
    return listen(wantedPort, attemptsLeft - 1);
  }
}

function answer(server: FakeDnsServer, query: ReceivedQuery, send: Send, hold: (send: () => void) => void): void {
  const { misbehaviour } = server;
  const fault = misbehaviour[query.name.toLowerCase()] ?? misbehaviour["*"];
  const right = (): Buffer => encode(responseTo(server, query, fault === "one-alias-a-time"));
  const failure = (rcode: number, more: Packet = {}): Buffer => encode({ ...head(query, rcode), ...more });
  switch (fault) {
    case undefined:
    case "one-alias-a-time":
      return send(right());
    case "silence":
      return;
    case "servfail":
      return send(failure(2));
    case "refused":
      return send(failure(5));
    case "no-edns":
      return send(query.edns ? failure(1, { questions: [] }) : right());
    case "truncated":
    case "truncated-and-no-tcp":
    case "truncated-and-foreign-tcp":
    case "truncated-and-cut-tcp":
      return query.over === "udp" ? send(failure(TRUNCATED_RESPONSE)) : answerOverTcp(fault, right, query, send);
    case "forged-first":
    case "forged-only":
      for (const forged of forgeries(query)) send(forged);
      return fault === "forged-first" ? send(right()) : undefined;
    case "held":
      return hold(() => send(right()));
    case "referral": {
      const authorities: Answer[] = [{ type: "NS", name: "test", data: "ns.example", ttl: 60 }];
      return send(failure(0, { authorities }));
    }
    case "lower-case":
      return send(
        encode({ ...responseTo(server, query, false), ...head({ ...query, name: query.name.toLowerCase() }, 0) }),
      );
  }
}

const evil = (name: string): Answer[] => [{ type: "A", name, data: "203.0.113.66", ttl: 86_400 }];

function answerOverTcp(fault: Misbehaviour, right: () => Buffer, query: ReceivedQuery, send: Send): void {
  if (fault === "truncated") send(right());
  if (fault === "truncated-and-foreign-tcp") send(forgeries(query)[0] ?? right());
  // The length of the whole, and half of it.
  if (fault === "truncated-and-cut-tcp") send(right(), { isCut: true });
}

function forgeries(query: ReceivedQuery): readonly Buffer[] {
  const right = encode({ ...head(query, 0), answers: evil(query.name) });
  return [
    encode({ ...head(query, 0), id: (query.id + 1) % 65_536, answers: evil(query.name) }),
    encode({ ...head({ ...query, name: "evil.example" }, 0), answers: evil("evil.example") }),
    // With the right ID, and cut in the middle of a record.
    right.subarray(0, right.length - 3),
    Buffer.from("garbage"),
    Buffer.alloc(0),
  ];
}

function head({ id, name, type }: ReceivedQuery, flags: number): Packet {
  return {
    type: "response",
    id,
    flags: RECURSION_AVAILABLE | AUTHORITATIVE_ANSWER | flags,
    questions: [{ name, type: type as "A", class: "IN" }],
  };
}

const NXDOMAIN = 3;
const CHAIN_MAX = 20;
const SOA: Answer = {
  type: "SOA",
  name: "test",
  ttl: 60,
  data: { mname: "ns.test", rname: "hostmaster.test", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 },
};

/** With the CNAMEs in between; a chain in circles is given as far as it goes. */
function responseTo(server: FakeDnsServer, query: ReceivedQuery, oneAlias: boolean): Packet {
  const authentic = server.authenticated ? AUTHENTIC_DATA : 0;
  const answers: Answer[] = [];
  let name = query.name;
  for (let links = 0; links <= CHAIN_MAX; links++) {
    const records = server.zone[name.toLowerCase()];
    if (records === undefined) return { ...head(query, NXDOMAIN | authentic), answers, authorities: [SOA] };
    if (records.CNAME === undefined) {
      const own = dataOf(records, query.type).map(
        (data) => ({ type: query.type, class: "IN", name, ttl: records.ttl ?? 300, data }) as Answer,
      );
      answers.push(...own);
      return { ...head(query, authentic), answers, authorities: own.length === 0 ? [SOA] : [] };
    }
    answers.push({ type: "CNAME", class: "IN", name, ttl: records.ttl ?? 300, data: records.CNAME });
    if (oneAlias) break;
    name = records.CNAME;
  }
  return { ...head(query, authentic), answers };
}

function dataOf(records: ZoneRecords, type: string): readonly unknown[] {
  const data = records[type as keyof ZoneRecords];
  return Array.isArray(data) ? data.map((value: unknown) => (Array.isArray(value) ? [...value] : value)) : [];
}
