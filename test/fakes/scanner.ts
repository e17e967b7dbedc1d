/** A scanner at the other end of a dialer, without sockets: does what a test says with what it hears. */
import { Buffer } from "node:buffer";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Dialer, DialProblem, OutgoingConnection, OutgoingHandler } from "#ports/dialer.ts";

export class FakePeer {
  /** All that it heard. */
  heard = Buffer.alloc(0);
  /** Largest piece that was written to it at once. */
  largest = 0;
  /** While set, it takes no more: `write` says wait. */
  isFull = false;
  /** Neither side is there any more. */
  isClosed = false;
  isPaused = false;
  #handler: OutgoingHandler | undefined;
  readonly #onHeard: (peer: FakePeer) => void;
  readonly #onClosed: () => void;

  constructor(onHeard: (peer: FakePeer) => void, onClosed: () => void) {
    this.#onHeard = onHeard;
    this.#onClosed = onClosed;
  }

  say(octets: string | Uint8Array): void {
    this.#handler?.octets(Buffer.from(octets as string, "latin1"));
  }

  drain(): void {
    this.isFull = false;
    this.#handler?.drained();
  }

  hangUp(code?: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#onClosed();
    this.#handler?.closed(code);
  }

  /** Our end of it. */
  connection(): OutgoingConnection {
    const nowhere = { address: "127.0.0.1", port: 1 };
    return {
      remote: nowhere,
      local: nowhere,
      tls: undefined,
      start: (handler) => {
        this.#handler = handler;
      },
      write: (octets) => {
        const piece = Buffer.from(octets as string);
        this.heard = Buffer.concat([this.heard, piece]);
        this.largest = Math.max(this.largest, piece.length);
        queueMicrotask(() => this.#onHeard(this));
        return !this.isFull;
      },
      pause: () => {
        this.isPaused = true;
      },
      resume: () => {
        this.isPaused = false;
      },
      startTls: () => Promise.resolve(failed({ kind: "starttls-not-supported", code: "FAKE" })),
      end: () => this.hangUp(),
      destroy: () => this.hangUp(),
      setDeadline: () => undefined,
    };
  }
}

export class FakeScanner implements Dialer {
  readonly peers: FakePeer[] = [];
  /** Connections that are open. */
  open = 0;
  /** Instead of a connection. */
  refusal: DialProblem | undefined;
  readonly #onHeard: (peer: FakePeer) => void;

  /** @param onHeard called after each write with all that was heard. */
  constructor(onHeard: (peer: FakePeer) => void = () => undefined) {
    this.#onHeard = onHeard;
  }

  dial(): Promise<Result<OutgoingConnection, DialProblem>> {
    if (this.refusal !== undefined) return Promise.resolve(failed(this.refusal));
    this.open++;
    const peer = new FakePeer(this.#onHeard, () => this.open--);
    this.peers.push(peer);
    return Promise.resolve(ok(peer.connection()));
  }

  /** The only one. */
  get peer(): FakePeer {
    const [peer, ...others] = this.peers;
    if (peer === undefined || others.length > 0) throw new Error(`${this.peers.length} connections`);
    return peer;
  }
}
