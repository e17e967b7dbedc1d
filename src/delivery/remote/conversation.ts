/** One connection to another server, driven by a client session: octets, deadlines, the handshake, the message's slices. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { OutgoingConnection, OutgoingTls, TlsProblem } from "#ports/dialer.ts";
import type {
  ClientEvent,
  ClientInput,
  ClientSettings,
  MessageResult,
  OutgoingMessage,
  SessionFailure,
} from "#protocol/smtp/client-events.ts";
import type { Extensions } from "#protocol/smtp/client-extensions.ts";
import { ClientSession } from "#protocol/smtp/client-session.ts";
import { CONVERSATION_MS, SLICE_OCTETS, STAGE_MS } from "./limits.ts";

export type Opening =
  | { readonly kind: "ready"; readonly extensions: Extensions; readonly serverName: string }
  | { readonly kind: "failed"; readonly failure: SessionFailure }
  | { readonly kind: "tls-failed"; readonly problem: TlsProblem };

export type Sending =
  | { readonly kind: "done"; readonly results: readonly MessageResult[] }
  | { readonly kind: "failed"; readonly failure: SessionFailure }
  /** We ended it before the final dot: `why` is for people. */
  | { readonly kind: "stopped"; readonly why: string; readonly results: readonly (MessageResult | undefined)[] };

/** The octets of a message, and what is to be done before its end is said. */
export interface MessageSource {
  read(start: number, end: number): Promise<Uint8Array>;
  /** @param recipients by number. False: the end is not said. */
  beforeEnd(recipients: readonly number[]): Promise<boolean>;
}

export interface ConversationOptions {
  readonly connection: OutgoingConnection;
  readonly session: ClientSettings;
  /** Of the handshake, at the start or after STARTTLS. */
  readonly tls: OutgoingTls | undefined;
  readonly clock: Clock;
}

export class Conversation {
  readonly connection: OutgoingConnection;
  readonly #options: ConversationOptions;
  readonly #session: ClientSession;
  readonly #limit: Timer;
  #openings: ((opening: Opening) => void) | undefined;
  #sendings: ((sending: Sending) => void) | undefined;
  #source: MessageSource | undefined;
  #sizeOctets = 0;
  #readOctets = 0;
  /** The message may end: its last octets leave together with that. */
  #mayEnd = false;
  #endsNow = false;
  #handshaking = false;
  #full = false;
  #drained: (() => void) | undefined;
  #stopped: string | undefined;
  #over = false;
  /** Called once when the connection is of no use any more. */
  onOver: (() => void) | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#session = new ClientSession(options.session);
    this.#limit = options.clock.after(CONVERSATION_MS, () => this.#feed({ kind: "lost", cause: "timed-out" }));
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Greets, protects, logs in. Once. */
  async open(): Promise<Opening> {
    const { connection, session, tls } = this.#options;
    if (session.tls === "established" && tls !== undefined) {
      const secured = await connection.startTls(tls);
      if (!secured.ok) {
        this.#end();
        return { kind: "tls-failed", problem: secured.problem };
      }
    }
    return new Promise((resolve) => {
      this.#openings = resolve;
      connection.setDeadline(STAGE_MS.greeting);
      connection.start({
        octets: (octets) => this.#feed({ kind: "octets", octets }),
        drained: () => {
          this.#full = false;
          this.#drained?.();
        },
        timedOut: () => this.#lost("timed-out"),
        closed: () => this.#lost("closed"),
      });
    });
  }

  /** Only after `ready`, and after the last one was done. */
  send(message: OutgoingMessage, source: MessageSource): Promise<Sending> {
    return new Promise((resolve) => {
      this.#sendings = resolve;
      this.#source = source;
      this.#sizeOctets = message.sizeOctets;
      this.#readOctets = 0;
      this.#mayEnd = false;
      this.#feed({ kind: "send", message });
    });
  }

  /** Breaks off at once, whatever is under way. */
  stop(why: string): void {
    this.#stopped ??= why;
    this.#feed({ kind: "lost", cause: "closed" });
  }

  quit(): void {
    if (!this.#over) this.#feed({ kind: "quit" });
  }

  /** While a handshake goes on, its own answer says more. */
  #lost(cause: "closed" | "timed-out"): void {
    if (!this.#handshaking) this.#feed({ kind: "lost", cause });
  }

  #feed(input: ClientInput): void {
    if (this.#over) return;
    for (const event of this.#session.handle(input)) this.#obey(event);
    if (!this.#endsNow) return;
    this.#endsNow = false;
    this.#feed({ kind: "content-end" });
  }

  #obey(event: ClientEvent): void {
    const { connection } = this;
    switch (event.kind) {
      case "write":
        this.#full = !connection.write(event.octets);
        return;
      case "await":
        connection.setDeadline(STAGE_MS[event.stage]);
        return;
      case "start-tls":
        return void this.#startTls();
      case "ready":
        return this.#opened({ kind: "ready", extensions: event.extensions, serverName: event.serverName });
      case "want-content":
        if (this.#mayEnd) this.#endsNow = true;
        else void this.#giveContent(event.recipients);
        return;
      case "done":
        return this.#sent({ kind: "done", results: event.results });
      case "bye":
        connection.end();
        return this.#end();
      case "failed":
        return this.#failed(event.failure);
    }
  }

  async #startTls(): Promise<void> {
    const { tls } = this.#options;
    if (tls === undefined) throw new Error("a handshake without a plan for it");
    this.#handshaking = true;
    const secured = await this.connection.startTls(tls);
    this.#handshaking = false;
    if (this.#over) return;
    if (secured.ok) return this.#feed({ kind: "tls-established" });
    this.#end();
    this.#opened({ kind: "tls-failed", problem: secured.problem });
  }

  /** The next slice, when the last one has left: a slow server does not fill our memory. */
  async #giveContent(recipients: readonly number[]): Promise<void> {
    const source = this.#source;
    if (source === undefined) throw new Error("content is wanted of no message");
    try {
      await this.#roomToWrite();
      if (this.#over) return;
      this.connection.setDeadline(STAGE_MS.content);
      const octets = await source.read(this.#readOctets, this.#readOctets + SLICE_OCTETS);
      if (this.#over) return;
      this.#readOctets += octets.length;
      if (octets.length > 0 && this.#readOctets < this.#sizeOctets) return this.#feed({ kind: "content", octets });
      await this.#roomToWrite();
      this.#mayEnd = await source.beforeEnd(recipients);
      if (this.#over) return;
      if (!this.#mayEnd) return this.stop("not to be sent any more");
      this.#feed(octets.length > 0 ? { kind: "content", octets } : { kind: "content-end" });
    } catch (error) {
      this.stop(`the message could not be read: ${String(error)}`);
    }
  }

  async #roomToWrite(): Promise<void> {
    if (!this.#full || this.#over) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#drained = undefined;
  }

  #failed(failure: SessionFailure): void {
    this.connection.destroy();
    this.#end();
    this.#opened({ kind: "failed", failure });
    if (this.#stopped !== undefined && !failure.outcomeUnknown) {
      this.#sent({ kind: "stopped", why: this.#stopped, results: failure.results });
    } else this.#sent({ kind: "failed", failure });
  }

  #opened(opening: Opening): void {
    const resolve = this.#openings;
    this.#openings = undefined;
    resolve?.(opening);
  }

  #sent(sending: Sending): void {
    const resolve = this.#sendings;
    this.#sendings = undefined;
    this.#source = undefined;
    resolve?.(sending);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit.cancel();
    this.#drained?.();
    this.onOver?.();
  }
}
