import type { Socket } from "node:net";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Endpoint } from "#ports/connection.ts";
import type { OutgoingConnection, OutgoingHandler, OutgoingTls, OutgoingTlsFacts, TlsProblem } from "#ports/dialer.ts";
import { HALF_OPEN_MS, WRITE_HIGH_WATER_OCTETS } from "../limits.ts";
import { secureAsClient } from "../tls/client-tls.ts";

/** An OutgoingConnection over a socket that is connected. What is written in one turn leaves in one packet. */
export class SocketOutgoingConnection implements OutgoingConnection {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  #socket: Socket;
  #tls: OutgoingTlsFacts | undefined;
  #handler: OutgoingHandler | undefined;
  #corked = false;
  #ended = false;
  #closed = false;
  #mustDrain = false;
  #paused = false;
  #securing = false;
  #problemCode: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #overSoon: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { remote, local }: { readonly remote: Endpoint; readonly local: Endpoint }) {
    this.remote = remote;
    this.local = local;
    this.#socket = socket;
    this.#watch(socket);
  }

  get tls(): OutgoingTlsFacts | undefined {
    return this.#tls;
  }

  start(handler: OutgoingHandler): void {
    if (this.#handler !== undefined) throw new Error("started already");
    this.#handler = handler;
    if (this.#closed) queueMicrotask(() => handler.closed(this.#problemCode));
    else this.#read(this.#socket);
  }

  write(octets: Uint8Array | string): boolean {
    if (this.#closed || this.#ended) return true;
    if (!this.#corked) this.#cork();
    this.#socket.write(octets);
    this.#mustDrain ||= this.#socket.writableLength > WRITE_HIGH_WATER_OCTETS;
    return !this.#mustDrain;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#closed && !this.#securing) this.#socket.resume();
  }

  async startTls(options: OutgoingTls): Promise<Result<OutgoingTlsFacts, TlsProblem>> {
    if (this.#tls !== undefined || this.#securing) throw new Error("TLS was started already");
    if (this.#closed || this.#ended) return failed({ kind: "validation-failure", code: this.#problemCode ?? "CLOSED" });
    this.#securing = true;
    const plain = this.#socket;
    for (const event of ["data", "drain", "end"]) plain.removeAllListeners(event);
    plain.pause();
    this.#uncork();
    const secured = await secureAsClient(plain, options);
    this.#securing = false;
    if (!secured.ok) {
      setImmediate(() => this.#close()); // after the answer, which says why
      return secured;
    }
    const { socket, facts } = secured.value;
    this.#socket = socket;
    this.#watch(socket);
    // Destroyed by its owner in the meantime.
    if (this.#closed) {
      socket.destroy();
      return failed({ kind: "validation-failure", code: "CLOSED" });
    }
    this.#tls = facts;
    if (this.#handler !== undefined) this.#read(socket);
    return ok(facts);
  }

  end(): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.#uncork();
    this.#socket.end();
    // Who never closes its side must not keep ours.
    this.#overSoon = setTimeout(() => this.destroy(), HALF_OPEN_MS);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  setDeadline(ms: number): void {
    clearTimeout(this.#deadline);
    if (ms > 0 && !this.#closed) this.#deadline = setTimeout(() => this.#handler?.timedOut(), ms);
  }

  /** From the first moment on: a connection may break before anybody listens. */
  #watch(socket: Socket): void {
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      this.#problemCode = code;
      socket.destroy();
    });
    socket.on("close", () => {
      if (this.#socket === socket && !this.#securing) this.#close();
    });
    if (socket.destroyed) this.#close();
  }

  #read(socket: Socket): void {
    socket.on("data", (octets: Uint8Array) => this.#handler?.octets(octets));
    socket.on("drain", () => this.#drained());
    // It has said all it will: nothing that we could say would be answered.
    socket.on("end", () => this.#close());
    if (this.#paused) socket.pause();
    if (socket.readableEnded) queueMicrotask(() => this.#close());
  }

  #cork(): void {
    this.#corked = true;
    const socket = this.#socket;
    socket.cork();
    queueMicrotask(() => {
      if (this.#socket === socket) this.#uncork();
    });
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
    if (this.#socket.writableLength <= WRITE_HIGH_WATER_OCTETS) this.#drained();
  }

  #drained(): void {
    if (!this.#mustDrain || this.#closed) return;
    this.#mustDrain = false;
    this.#handler?.drained();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#overSoon);
    this.#socket.destroySoon();
    this.#handler?.closed(this.#problemCode);
  }
}
