/** A connection to a scanner, as something that is written to and read from in turn. */
import { Buffer } from "node:buffer";
import { ok, type Result } from "#mail/result.ts";
import type { Dialer, DialProblem, DialTarget, OutgoingConnection } from "#ports/dialer.ts";
import { UNREAD_OCTETS_MAX } from "./limits.ts";

/** Where a scanner listens. */
export type ScannerPlace = DialTarget["to"];

export class Wire {
  readonly #connection: OutgoingConnection;
  readonly #signal: AbortSignal;
  readonly #unread: Uint8Array[] = [];
  #unreadOctets = 0;
  #isFull = false;
  #isClosed = false;
  readonly #closed = Promise.withResolvers<void>();
  #wake: (() => void) | undefined;

  private constructor(connection: OutgoingConnection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
    const end = (): void => connection.destroy();
    signal.addEventListener("abort", end);
    connection.start({
      octets: (octets) => this.#heard(octets),
      drained: () => {
        this.#isFull = false;
        this.#wake?.();
      },
      timedOut: end,
      closed: () => {
        this.#isClosed = true;
        this.#closed.resolve();
        signal.removeEventListener("abort", end);
        this.#wake?.();
      },
    });
    if (signal.aborted) end();
  }

  /** @param signal ends the connection. Never rejects. */
  static async open(
    { dialer, to, timeoutMs }: { readonly dialer: Dialer; readonly to: ScannerPlace; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Result<Wire, DialProblem>> {
    const dialled = await dialer.dial({ to, timeoutMs });
    return dialled.ok ? ok(new Wire(dialled.value, signal)) : dialled;
  }

  /** Something was said, or the connection is over: who is about to write looks first. */
  get hasNews(): boolean {
    return this.#unread.length > 0 || this.#isClosed;
  }

  /** Resolves when more may be written. False: nobody is there any more. */
  async write(octets: Uint8Array): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#isFull = !this.#connection.write(octets);
    while (this.#isFull && !this.isOver) await this.#news();
    return !this.isOver;
  }

  /** What was said next; undefined when the connection is over and all of it was read. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#unread.length === 0 && !this.isOver) await this.#news();
    const octets = this.#unread.shift();
    this.#unreadOctets -= octets?.length ?? 0;
    if (this.#unreadOctets < UNREAD_OCTETS_MAX && !this.#isClosed) this.#connection.resume();
    return octets;
  }

  /** Ends the connection. Resolves when it is closed: soon, whatever the other side does. */
  close(): Promise<void> {
    this.#connection.end();
    return this.#closed.promise;
  }

  /** Nobody is there any more, whatever was said before and not read yet. */
  get isOver(): boolean {
    return this.#isClosed || this.#signal.aborted;
  }

  #heard(octets: Uint8Array): void {
    this.#unread.push(Buffer.from(octets));
    this.#unreadOctets += octets.length;
    if (this.#unreadOctets >= UNREAD_OCTETS_MAX) this.#connection.pause();
    this.#wake?.();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
