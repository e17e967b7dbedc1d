/** One question to one server over UDP or TCP: an answer, or why there is none. */
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import {
  decodeResponse,
  encodeQuery,
  type Question,
  type Response,
  type ResponseMessage,
} from "#protocol/dns/message.ts";
import type { ServerAddress } from "./server-address.ts";

export interface Query {
  readonly server: ServerAddress;
  readonly question: Question;
  /** RFC 6891; some old servers do not understand it. */
  readonly edns: boolean;
  /** Milliseconds until the exchange is given up. */
  readonly timeoutMs: number;
}

export type ServerReply =
  | { readonly kind: "response"; readonly message: ResponseMessage }
  | { readonly kind: "truncated" | "timed-out" | "unreachable" | "malformed" | "out-of-sockets" };

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
}

const PREFIX_OCTETS = 2;

/**
 * From a socket of its own, so that port and ID are new for every question (RFC 5452 §9), and connected, so that the
 * kernel lets only the server's datagrams in. What is no answer to the question is as good as not there: a forger must not
 * end the wait with garbage. Halfway the question is sent once more, as datagrams get lost.
 */
export function askOverUdp(
  { server, question, edns, timeoutMs }: Query,
  surroundings: Surroundings,
): Promise<ServerReply> {
  const { clock, random } = surroundings;
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(server.address.replace(/%.*$/, "")) ? "udp6" : "udp4" });
    const id = newId(random);
    const datagram = encodeQuery(id, question, { edns });
    let open = true;
    const finish = (reply: ServerReply): void => {
      if (!open) return;
      open = false;
      for (const timer of timers) timer.cancel();
      socket.close();
      resolve(reply);
    };
    const send = (): void => socket.send(datagram, (error) => error instanceof Error && finish(replyTo(error)));
    const timers = [clock.after(timeoutMs, () => finish({ kind: "timed-out" }))];
    socket.on("error", (error) => finish(replyTo(error)));
    socket.on("message", (octets) => {
      const response = decodeResponse(octets, id, question);
      if (response.kind === "response" || response.kind === "truncated") finish(response);
    });
    const connected = (error?: Error): void => {
      if (error !== undefined) finish(replyTo(error));
      if (!open) return;
      send();
      timers.push(clock.after(timeoutMs / 2, send));
    };
    socket.connect(server.port, server.address, connected);
  });
}

/** RFC 7766: each message with its length before it. The connection is for this question alone. */
export function askOverTcp(
  { server, question, edns, timeoutMs }: Query,
  surroundings: Surroundings,
): Promise<ServerReply> {
  const { clock, random } = surroundings;
  return new Promise((resolve) => {
    const id = newId(random);
    const query = encodeQuery(id, question, { edns });
    const socket = connect({ host: server.address, port: server.port });
    const chunks: Uint8Array[] = [];
    let received = 0;
    const finish = (reply: ServerReply): void => {
      timer.cancel();
      socket.destroy();
      resolve(reply);
    };
    const timer = clock.after(timeoutMs, () => finish({ kind: "timed-out" }));
    socket.on("error", (error) => finish(replyTo(error)));
    socket.on("close", () => finish({ kind: "unreachable" }));
    socket.on("connect", () => socket.write(withLength(query)));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      received += chunk.length;
      const lengthOctets = messageLength(chunks, received);
      if (lengthOctets === undefined || received < PREFIX_OCTETS + lengthOctets) return;
      const message = Buffer.concat(chunks).subarray(PREFIX_OCTETS, PREFIX_OCTETS + lengthOctets);
      finish(overTcp(decodeResponse(message, id, question)));
    });
  });
}

/** On a connection nobody but the server speaks: what is not the answer is its mistake. */
function overTcp(response: Response): ServerReply {
  return response.kind === "response" ? response : { kind: "malformed" };
}

function messageLength(chunks: readonly Uint8Array[], received: number): number | undefined {
  if (received < PREFIX_OCTETS) return undefined;
  const [first = 0, second = chunks[1]?.[0] ?? 0] = chunks[0] ?? [];
  return first * 256 + second;
}

function withLength(query: Uint8Array): Uint8Array {
  const octets = new Uint8Array(PREFIX_OCTETS + query.length);
  octets.set([query.length >> 8, query.length & 0xff]);
  octets.set(query, PREFIX_OCTETS);
  return octets;
}

function newId(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return high * 256 + low;
}

function replyTo(error: NodeJS.ErrnoException): ServerReply {
  const isOurFault = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRINUSE", "EAGAIN"].includes(error.code ?? "");
  return { kind: isOurFault ? "out-of-sockets" : "unreachable" };
}
