/** One connection to another node: messages and octets in order, with a bound on what waits and on how long. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { OutgoingConnection, OutgoingHandler } from "#ports/dialer.ts";
import { type Frame, FrameDecoder, messageFrame, octetsFrame } from "#protocol/pair/frames.ts";
import { type PairMessage, type PairMessageOf, parsePairMessage } from "#protocol/pair/messages.ts";
import { FRAMES_WAITING_MAX } from "./limits.ts";

/** The connection is over, the other said what it must not, or nothing in time. Whoever gets it ends the link. */
export class LinkError extends Error {}

export class PairLink implements OutgoingHandler {
  readonly #connection: OutgoingConnection;
  readonly #clock: Pick<Clock, "after">;
  readonly #decoder = new FrameDecoder();
  readonly #frames: Frame[] = [];
  #reader: ((frame: Frame | undefined) => void) | undefined;
  #writers: (() => void)[] = [];
  #isFull = false;
  #isPaused = false;
  #isOver = false;

  constructor(connection: OutgoingConnection, clock: Pick<Clock, "after">) {
    this.#connection = connection;
    this.#clock = clock;
    connection.start(this);
  }

  /** Where the other side is. */
  get remoteAddress(): string {
    return this.#connection.remote.address;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when there is room for more. Rejects with `LinkError`. */
  say(message: PairMessage): Promise<void> {
    return this.#write(messageFrame(message));
  }

  sayOctets(octets: Uint8Array): Promise<void> {
    return this.#write(octetsFrame(octets));
  }

  /** The next message, which must be one of these. Rejects with `LinkError`. */
  async hear<Kind extends PairMessage["kind"]>(kinds: readonly Kind[], withinMs: number): Promise<PairMessageOf<Kind>> {
    const frame = await this.#next(withinMs);
    const message = frame.kind === "message" ? parsePairMessage(frame.text) : undefined;
    if (message?.kind === "refused" && !(kinds as readonly string[]).includes("refused"))
      throw new LinkError(message.why);
    if (message === undefined || !(kinds as readonly string[]).includes(message.kind)) {
      throw new LinkError(`said ${message?.kind ?? "nothing that can be read"}`);
    }
    return message as PairMessageOf<Kind>;
  }

  /** Octets, or the message that ends them. Rejects with `LinkError`. */
  async hearOctetsOr(kind: PairMessage["kind"], withinMs: number): Promise<Uint8Array | undefined> {
    const frame = await this.#next(withinMs);
    if (frame.kind === "octets") return frame.octets;
    if (parsePairMessage(frame.text)?.kind !== kind) throw new LinkError(`said no ${kind}`);
    return undefined;
  }

  /** Sends what waits, then ends. */
  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  // — What the connection says —

  octets(octets: Uint8Array): void {
    for (const frame of this.#decoder.push(octets)) this.#take(frame);
    if (this.#decoder.isBroken) return this.destroy();
    this.#steer();
  }

  drained(): void {
    this.#isFull = false;
    for (const go of this.#writers.splice(0)) go();
  }

  timedOut(): void {
    this.destroy();
  }

  closed(): void {
    this.#isOver = true;
    this.drained();
    this.#reader?.(undefined);
  }

  #take(frame: Frame): void {
    const reader = this.#reader;
    if (reader === undefined) this.#frames.push(frame);
    else reader(frame);
  }

  #steer(): void {
    const isFull = this.#frames.length >= FRAMES_WAITING_MAX;
    if (isFull === this.#isPaused || this.#isOver) return;
    this.#isPaused = isFull;
    if (isFull) this.#connection.pause();
    else this.#connection.resume();
  }

  async #write(octets: Uint8Array): Promise<void> {
    if (this.#isOver) throw new LinkError("the connection is over");
    this.#isFull = !this.#connection.write(octets) || this.#isFull;
    while (this.#isFull && !this.#isOver) await new Promise<void>((resolve) => this.#writers.push(resolve));
    if (this.#isOver) throw new LinkError("the connection is over");
  }

  #next(withinMs: number): Promise<Frame> {
    const waiting = this.#frames.shift();
    if (waiting !== undefined) {
      this.#steer();
      return Promise.resolve(waiting);
    }
    if (this.#isOver) return Promise.reject(new LinkError("the connection is over"));
    return new Promise((resolve, reject) => {
      const late: Timer = this.#clock.after(withinMs, () => {
        this.#reader = undefined;
        this.destroy();
        reject(new LinkError("no answer in time"));
      });
      this.#reader = (frame) => {
        this.#reader = undefined;
        late.cancel();
        if (frame === undefined) reject(new LinkError("the connection is over"));
        else resolve(frame);
      };
    });
  }
}
