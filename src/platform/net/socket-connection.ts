import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Connection, ConnectionHandler, Endpoint, TlsFacts } from "#ports/connection.ts";
import { HALF_OPEN_MS, TLS_HANDSHAKE_MS, WRITE_HIGH_WATER_OCTETS } from "../limits.ts";
import { type HandshakeFailure, handshakeFailure } from "../tls/handshake-failure.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import { countRead } from "./read-garbage.ts";

/** A Connection over a socket. Replies written in one turn leave in one packet; one timer serves all deadlines. */
export class SocketConnection implements Connection {
  readonly id: string;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly #tlsOptions: ServerTls | undefined;
  readonly #handshakeFailed: ((failure: HandshakeFailure) => void) | undefined;
  #socket: Socket;
  #tls: TlsFacts | undefined;
  #handler: ConnectionHandler | undefined;
  #queued: (Uint8Array | string)[] = [];
  #ending = false;
  #closed = false;
  #mustDrain = false;
  #paused = false;
  /** One side has ended: the other may take so long, whatever deadline the handler sets. */
  #overAtMs = Number.POSITIVE_INFINITY;
  #deadlineAtMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(
    socket: Socket,
    facts: {
      readonly id: string;
      readonly remote: Endpoint;
      readonly local: Endpoint;
      readonly tls: TlsFacts | undefined;
      readonly tlsOptions: ServerTls | undefined;
      readonly handshakeFailed?: ((failure: HandshakeFailure) => void) | undefined;
    },
  ) {
    this.id = facts.id;
    this.remote = facts.remote;
    this.local = facts.local;
    this.#tls = facts.tls;
    this.#tlsOptions = facts.tlsOptions;
    this.#handshakeFailed = facts.handshakeFailed;
    this.#socket = socket;
  }

  get tls(): TlsFacts | undefined {
    return this.#tls;
  }

  /** Begins to hand on octets. `early`: what a PROXY header's reader took from the socket and did not need. */
  attach(handler: ConnectionHandler, early: Uint8Array): void {
    this.#handler = handler;
    this.#listen(this.#socket);
    if (early.length > 0) handler.octets(early);
    if (!this.#paused) this.#socket.resume(); // a reader of a PROXY header has paused it
  }

  write(octets: Uint8Array | string): boolean {
    if (this.#closed || this.#ending) return true;
    if (this.#queued.push(octets) === 1) queueMicrotask(() => this.#flush());
    this.#mustDrain ||= this.#socket.writableLength + octets.length > WRITE_HIGH_WATER_OCTETS;
    return !this.#mustDrain;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#closed) this.#socket.resume();
  }

  async startTls(): Promise<TlsFacts> {
    const options = this.#tlsOptions;
    if (options === undefined || this.#tls !== undefined) throw new Error("no TLS to start here");
    this.#flush();
    const plain = this.#socket;
    for (const event of ["data", "drain", "end"]) plain.removeAllListeners(event);
    const secured = new TLSSocket(plain, options.socketOptions());
    this.#socket = secured;
    try {
      await handshake(secured);
    } catch (error) {
      this.#handshakeFailed?.(handshakeFailure(error));
      this.destroy();
      throw error;
    }
    this.#tls = tlsFacts(secured, options);
    if (this.#closed) return this.#tls;
    if (this.#paused) secured.pause();
    this.#listen(secured);
    // Nobody listened for that while the handshake went on.
    if (secured.writableLength <= WRITE_HIGH_WATER_OCTETS) this.#drained();
    return this.#tls;
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#flush();
    this.#ending = true;
    this.#socket.end();
    // A client that never closes its side must not keep ours.
    this.#mustBeOverSoon();
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  setDeadline(ms: number): void {
    const wantedAtMs = ms === 0 ? Number.POSITIVE_INFINITY : performance.now() + ms;
    this.#deadlineAtMs = Math.min(wantedAtMs, this.#overAtMs);
    this.#armTimer();
  }

  #mustBeOverSoon(): void {
    this.#overAtMs = Math.min(this.#overAtMs, performance.now() + HALF_OPEN_MS);
    this.#deadlineAtMs = Math.min(this.#deadlineAtMs, this.#overAtMs);
    this.#armTimer();
  }

  #armTimer(): void {
    // Infinite for both: there is no deadline.
    if (this.#closed || this.#timerAtMs <= this.#deadlineAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = this.#deadlineAtMs;
    this.#timer = setTimeout(() => this.#timerRang(), Math.max(1, this.#deadlineAtMs - performance.now()));
  }

  /** Deadlines move with every command; the timer does not, it looks when it rings whether it is needed. */
  #timerRang(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    if (nowMs < this.#deadlineAtMs) return this.#armTimer();
    this.#deadlineAtMs = this.#overAtMs;
    if (this.#ending || nowMs >= this.#overAtMs) return this.destroy();
    this.#handler?.timedOut();
    this.#armTimer();
  }

  #listen(socket: Socket): void {
    socket.on("data", (octets: Uint8Array) => {
      if (!this.#ending) this.#handler?.octets(octets);
      countRead(octets.length);
    });
    socket.on("drain", () => this.#drained());
    socket.on("end", () => this.#clientEnded());
    socket.on("close", () => this.#close());
    // The cause of a broken connection is told by `close`; without a listener it would end the process.
    socket.on("error", () => socket.destroy());
    if (socket.readableEnded) queueMicrotask(() => this.#clientEnded());
  }

  #flush(): void {
    const queued = this.#queued;
    const [first] = queued;
    if (first === undefined || this.#closed) return;
    this.#queued = [];
    if (queued.length === 1) this.#socket.write(first);
    else if (queued.every((piece) => typeof piece === "string")) this.#socket.write(queued.join(""));
    else this.#writeTogether(queued);
    if (this.#socket.writableLength <= WRITE_HIGH_WATER_OCTETS) this.#drained();
  }

  #writeTogether(queued: readonly (Uint8Array | string)[]): void {
    this.#socket.cork();
    for (const piece of queued) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #drained(): void {
    if (!this.#mustDrain || this.#closed) return;
    this.#mustDrain = false;
    this.#handler?.drained();
  }

  /** The client has said all it will; what we still owe it is sent, then we close too. */
  #clientEnded(): void {
    if (this.#closed || this.#ending) return;
    if (this.#handler?.inputEnded === undefined) return this.end();
    this.#mustBeOverSoon();
    this.#handler.inputEnded();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queued = [];
    clearTimeout(this.#timer);
    this.#handler?.closed();
    this.#handler = undefined;
  }
}

/** Resolves when the server side of the handshake is done; rejects on failure, a closed socket or time-out. */
export function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(failure("TIMED_OUT")), TLS_HANDSHAKE_MS);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      socket.off("secure", succeed);
      socket.off("error", settle);
      socket.off("close", closed);
      socket.off("end", closed);
      if (error === undefined) return resolve();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const succeed = (): void => settle();
    const closed = (): void => settle(failure("CLOSED"));
    socket.on("secure", succeed);
    socket.on("error", settle);
    socket.on("close", closed);
    socket.on("end", closed);
  });
}

/** @param code see `tls/handshake-failure.ts`. */
function failure(code: "TIMED_OUT" | "CLOSED"): Error {
  return Object.assign(new Error(`TLS handshake: ${code.toLowerCase().replace("_", " ")}`), { code });
}

export function tlsFacts(socket: TLSSocket, { clientAddresses }: Pick<ServerTls, "clientAddresses">): TlsFacts {
  const serverName = (socket as { servername?: string | false }).servername;
  return {
    version: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().name,
    serverName: serverName === false ? undefined : serverName,
    alpn: socket.alpnProtocol === false ? undefined : (socket.alpnProtocol ?? undefined),
    ...channelBindingOf(socket),
    ...(clientAddresses === undefined ? {} : { clientAddresses: clientAddresses(socket) }),
  };
}

/**
 * RFC 9266 §2: 32 octets, no context. In TLS 1.2 the value is unique only with the extended master secret (§4.2), and Node
 * does not say whether that was agreed on: there, no binding is offered.
 */
function channelBindingOf(socket: TLSSocket): Pick<TlsFacts, "channelBinding"> {
  if (socket.getProtocol() !== "TLSv1.3") return {};
  return { channelBinding: socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0)) };
}
