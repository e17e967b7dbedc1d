/** A connection without a socket: the test is the client at its other end. */
import { Buffer } from "node:buffer";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Accept, Connection, ConnectionHandler, Endpoint, TlsFacts } from "#ports/connection.ts";

export const FAKE_TLS: TlsFacts = {
  version: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  serverName: undefined,
  alpn: undefined,
};

/** How long `until` waits for threads behind the server to answer. */
const PATIENCE_MS = 10_000;

export interface FakeConnectionOptions {
  readonly clock: Clock;
  readonly remote?: Endpoint;
  readonly local?: Endpoint;
  /** Implicit TLS. */
  readonly tls?: TlsFacts;
  /** More octets than this not taken by the client: `write` says false. Without it the client takes everything at once. */
  readonly highWaterOctets?: number;
  readonly failTls?: boolean;
}

export class FakeConnection implements Connection {
  readonly id = "fake-session";
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly #options: FakeConnectionOptions;
  readonly #handler: ConnectionHandler;
  readonly #watchers = new Set<() => void>();
  #tls: TlsFacts | undefined;
  #deadline: Timer | undefined;
  #output: Buffer[] = [];
  #untakenOctets = 0;
  #mustDrain = false;
  #unread: Uint8Array[] = [];
  #isFinished = false;
  /** What the server did to the connection. */
  state: "open" | "ended" | "destroyed" | "left" = "open";
  paused = false;
  /** Milliseconds last asked for with `setDeadline`. */
  deadlineMs = 0;
  /** Most octets that were ever queued beyond what the client took. */
  untakenOctetsPeak = 0;

  constructor(accept: Accept, options: FakeConnectionOptions) {
    this.#options = options;
    this.#tls = options.tls;
    this.remote = options.remote ?? { address: "198.51.100.7", port: 40_000 };
    this.local = options.local ?? { address: "192.0.2.1", port: 1 };
    this.#handler = accept(this);
  }

  get tls(): TlsFacts | undefined {
    return this.#tls;
  }

  // — What the server does —

  write(octets: Uint8Array | string): boolean {
    if (this.state !== "open") return true;
    const copy = typeof octets === "string" ? Buffer.from(octets) : Buffer.from(octets.slice());
    this.#output.push(copy);
    this.#untakenOctets += copy.length;
    this.untakenOctetsPeak = Math.max(this.untakenOctetsPeak, this.#untakenOctets);
    const { highWaterOctets } = this.#options;
    this.#mustDrain ||= highWaterOctets !== undefined && this.#untakenOctets > highWaterOctets;
    this.#tellWatchers();
    return !this.#mustDrain;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    queueMicrotask(() => this.#deliver());
  }

  async startTls(): Promise<TlsFacts> {
    await Promise.resolve();
    if (this.#options.failTls === true) {
      this.destroy();
      throw new Error("handshake failed");
    }
    this.#tls = FAKE_TLS;
    return FAKE_TLS;
  }

  end(): void {
    this.#close("ended");
  }

  destroy(): void {
    this.#close("destroyed");
  }

  setDeadline(ms: number): void {
    this.deadlineMs = ms;
    this.#deadline?.cancel();
    this.#deadline = ms === 0 ? undefined : this.#options.clock.after(ms, () => this.#handler.timedOut());
  }

  // — What the client does —

  /** Sends octets; they wait while the server does not read. */
  send(octets: Uint8Array | string): void {
    this.#unread.push(typeof octets === "string" ? Buffer.from(octets) : octets);
    this.#deliver();
  }

  /** Says nothing any more, and listens on: what was sent before has its answers. */
  finish(): void {
    this.#isFinished = true;
    this.#deliver();
  }

  /** Goes away without a word. */
  leave(): void {
    this.#close("left");
  }

  /** The server is asked to drain. */
  shutdown(): void {
    this.#handler.shutdown();
  }

  /** Takes what the server has written so far. */
  take(): Buffer {
    const taken = Buffer.concat(this.#output);
    this.#output = [];
    this.#untakenOctets = 0;
    if (this.#mustDrain && this.state === "open") {
      this.#mustDrain = false;
      queueMicrotask(() => {
        if (this.state === "open") this.#handler.drained();
      });
    }
    return taken;
  }

  /** Takes what the server writes until `enough` says so, or until the connection is closed. Rejects when neither comes. */
  async until(enough: (taken: Buffer) => boolean): Promise<Buffer> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    let taken = this.take();
    while (!enough(taken) && this.state === "open") {
      const left = giveUpAt - performance.now();
      if (left <= 0) throw new Error(`the server said only: ${taken.toString("latin1").slice(-500)}`);
      await this.#somethingHappens(left);
      taken = Buffer.concat([taken, this.take()]);
    }
    return taken;
  }

  async #somethingHappens(patienceMs: number): Promise<void> {
    if (this.#output.length > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    this.#watchers.add(resolve);
    await promise;
    this.#watchers.delete(resolve);
    clearTimeout(timer);
  }

  #deliver(): void {
    while (!this.paused && this.state === "open") {
      const next = this.#unread.shift();
      if (next === undefined) break;
      this.#handler.octets(next);
    }
    if (!this.#isFinished || this.paused || this.state !== "open") return;
    this.#isFinished = false;
    if (this.#handler.inputEnded === undefined) this.end();
    else this.#handler.inputEnded();
  }

  #close(state: "ended" | "destroyed" | "left"): void {
    if (this.state !== "open") return;
    this.state = state;
    this.#deadline?.cancel();
    this.#tellWatchers();
    this.#handler.closed();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
