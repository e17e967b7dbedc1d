/**
 * One client's connection: reads commands in order and one at a time, runs each as the command table says, and bounds what
 * the client may make the server hold or wait for.
 */
import type { AccountSession, AccountSessions, EndRequest } from "#identity/account-sessions.ts";
import type { Connection, ConnectionHandler, Endpoint, TlsFacts } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginPlace } from "#ports/login-places.ts";
import { type CommandReader, createCommandReader, type ReaderEvent } from "#protocol/imap/command-reader.ts";
import type { ResponseCode } from "#protocol/imap/response.ts";
import type { SaslOffer } from "#protocol/sasl/exchange.ts";
import {
  BAD_COMMANDS_MAX,
  IDLE_GATHER_MS,
  IDLE_QUIET_MS,
  INPUT_HELD_OCTETS_MAX,
  PRE_AUTH_TOTAL_MS,
} from "../limits.ts";
import { capabilities } from "./capabilities.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { ChangePace } from "./change-pace.ts";
import { runCommand } from "./command-table.ts";
import { append } from "./commands/append.ts";
import type { FolderView } from "./folder-view.ts";
import { Output } from "./output.ts";
import type { PreparedValues } from "./prepared-values.ts";
import type { Completion, ImapDependencies, Login, Session } from "./session.ts";
import { Signal } from "./signal.ts";
import { sync } from "./sync.ts";
import type { Range } from "./uid-list.ts";

export class SessionHandler implements ConnectionHandler, Session, AccountSession {
  readonly dependencies: ImapDependencies;
  readonly log: Log;
  readonly output: Output;
  readonly prepared: PreparedValues;
  loginFailures = 0;
  changeAnnounced = false;
  condstore = false;
  qresync = false;
  saved: readonly Range[] = [];

  readonly #connection: Connection;
  readonly #feed: ChangeFeed;
  readonly #accountSessions: AccountSessions;
  readonly #startedAtMs: number;
  readonly #signal = new Signal();
  readonly #changePace: ChangePace;
  #reader: CommandReader = createCommandReader();
  #login: Login | undefined;
  #view: FolderView | undefined;
  #unwatch: (() => void) | undefined;
  #closed = false;
  /** Why the server wants to end the session as soon as no command runs. */
  #endRequest: EndRequest | undefined;
  /** BYE was said, or the last answer: nothing more is read. */
  #ending = false;
  #paused = false;
  /** The client says nothing any more. */
  #inputEnded = false;
  /** Someone waits for input; until then what comes is held, and bounded. */
  #waiting = false;
  #sleepers = new Set<() => void>();
  #commands = 0;
  #badCommands = 0;
  endReason = "client-closed";

  constructor(
    connection: Connection,
    dependencies: ImapDependencies,
    shared: {
      readonly feed: ChangeFeed;
      readonly accountSessions: AccountSessions;
      readonly prepared: PreparedValues;
    },
  ) {
    this.dependencies = dependencies;
    this.#feed = shared.feed;
    this.#accountSessions = shared.accountSessions;
    this.prepared = shared.prepared;
    this.log = dependencies.log.with({ session: connection.id });
    this.output = new Output(connection, dependencies.settings.stallTimeoutMs);
    this.#connection = connection;
    this.#changePace = new ChangePace(dependencies.clock, IDLE_GATHER_MS, () => this.#signal.raise());
    this.#startedAtMs = dependencies.clock.monotonicMs();
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  get tls(): TlsFacts | undefined {
    return this.#connection.tls;
  }

  get reader(): CommandReader {
    return this.#reader;
  }

  get login(): Login | undefined {
    return this.#login;
  }

  get view(): FolderView | undefined {
    return this.#view;
  }

  // — What the connection tells —

  octets(octets: Uint8Array): void {
    if (this.#ending) return;
    this.#reader.push(octets);
    if (!this.#waiting) return this.#holdBack();
    // Whoever wakes reads on; until it does, what comes is ahead of it.
    this.#waiting = false;
    this.#signal.raise();
  }

  /** What was sent before has its answers; whoever waits for more hears that there is none. */
  inputEnded(): void {
    this.#inputEnded = true;
    this.#signal.raise();
  }

  drained(): void {
    this.output.drained();
  }

  timedOut(): void {
    this.endReason = "timed-out";
    // Only a client that does not read can make a running command wait; it would not read BYE either.
    if (!this.#waiting) return this.drop();
    this.#sayTooSlow();
    this.#signal.raise();
  }

  shutdown(): void {
    this.requestEnd({ reason: "shutdown", text: "Server is shutting down" });
  }

  requestEnd(request: EndRequest): void {
    this.#endRequest = request;
    this.#signal.raise();
  }

  closed(): void {
    this.#closed = true;
    this.output.close();
    this.unselect();
    if (this.#login !== undefined) this.#accountSessions.leave(this.#login.accountId, this);
    this.#signal.raise();
    for (const wake of this.#sleepers) wake();
    this.log.info("imap-session-end", {
      remote: this.remote.address,
      account: this.#login?.address,
      commands: this.#commands,
      writtenOctets: this.output.writtenOctets,
      reason: this.endReason,
    });
  }

  // — The conversation —

  /** From the greeting to the last word. Never rejects. */
  async run(): Promise<void> {
    try {
      this.#greet();
      while (!this.#ending && !this.#closed) {
        const event = await this.#nextOr(this.dependencies.settings.autologoutMs, () =>
          this.#endRequest === undefined ? undefined : "end",
        );
        if (event === undefined) break;
        if (event === "end") this.sayWhyItEnds();
        else await this.#handle(event);
        this.output.flush();
        // Before the next command is run, the client must have taken the answers to the last.
        if (!(await this.output.room())) break;
      }
    } catch (error) {
      this.endReason = "server-bug";
      // An Error is nothing to a logger that writes JSON.
      this.log.error("imap-session-failed", { cause: error instanceof Error ? error.stack : String(error) });
      this.bye({ name: "SERVERBUG" }, "Internal error");
    }
    this.output.flush();
    this.#connection.end();
  }

  #greet(): void {
    const { hostname } = this.dependencies.server;
    const code: ResponseCode = { name: "CAPABILITY", capabilities: this.capabilities() };
    this.output.send({ kind: "untagged", status: "OK", code, text: `${hostname} IMAP4rev1 service ready` });
    this.output.flush();
  }

  capabilities(): readonly string[] {
    return capabilities({
      tlsEstablished: this.tls !== undefined,
      authenticated: this.#login !== undefined,
      messageSizeOctetsMax: this.dependencies.settings.messageSizeOctetsMax,
      mechanisms: () => this.saslOffer().mechanisms,
    });
  }

  saslOffer(): SaslOffer {
    return this.dependencies.authenticator.offer({ protocol: "imap", tls: this.tls });
  }

  async #handle(event: ReaderEvent): Promise<void> {
    switch (event.kind) {
      case "command":
        this.#commands++;
        return this.#complete(event.tag, await runCommand(this, event.tag, event.command));
      case "append-begin": {
        this.#commands++;
        const completion = await append(this, event);
        await sync(this, { ask: true, mayExpunge: true });
        return this.#complete(event.tag, completion);
      }
      case "continue":
        return this.output.send({ kind: "continue", text: "OK" });
      case "bad":
        return this.#complete(event.tag, event);
      case "close":
        this.endReason = "unreadable";
        return this.bye(null, event.text);
      case "append-octets":
      case "append-end":
      case "append-failed":
      case "line":
        throw new Error(`${event.kind} outside its command`);
    }
  }

  #complete(tag: string | null, completion: Completion | "answered"): void {
    if (completion === "answered") return;
    const { status, code, text } = completion;
    const coded = code === undefined ? {} : { code };
    if (tag === null) this.output.send({ kind: "untagged", status, ...coded, text });
    else this.output.send({ kind: "tagged", tag, status, ...coded, text });
    if (status === "BAD" && ++this.#badCommands >= BAD_COMMANDS_MAX) {
      this.endReason = "bad-commands";
      this.bye(null, "Too many bad commands");
    }
  }

  // — What commands may do —

  nextEvent(): Promise<ReaderEvent | undefined> {
    return this.#nextOr<undefined>(this.dependencies.settings.stallTimeoutMs, () => undefined);
  }

  async nextEventOrChange(sinceMs: number): Promise<ReaderEvent | "changed" | "quiet" | "end" | undefined> {
    const { clock, settings } = this.dependencies;
    const leftMs = settings.autologoutMs - (clock.monotonicMs() - sinceMs);
    let isQuiet = false;
    const timer = clock.after(IDLE_QUIET_MS, () => {
      isQuiet = true;
      this.#signal.raise();
    });
    const event = await this.#nextOr(Math.max(1, leftMs), () => {
      if (this.#endRequest !== undefined) return "end";
      if (this.#changePace.take()) return "changed";
      return isQuiet ? "quiet" : undefined;
    });
    timer.cancel();
    return event;
  }

  /** Input first, unless `other` has something to say; undefined when the session is over. */
  async #nextOr<Other>(deadlineMs: number, other: () => Other | undefined): Promise<ReaderEvent | Other | undefined> {
    this.#setReadDeadline(deadlineMs);
    for (;;) {
      if (this.#closed || this.#ending) return undefined;
      const instead = other();
      if (instead !== undefined) return instead;
      const event = this.#reader.next();
      if (event !== undefined) {
        this.#connection.setDeadline(0);
        return event;
      }
      if (this.#inputEnded) return undefined;
      this.#readOn();
      this.output.flush();
      this.#waiting = true;
      await this.#signal.wait();
      this.#waiting = false;
    }
  }

  admit(login: Login): LoginPlace {
    // Nobody is left to be logged in, and nobody would ever leave.
    if (this.#closed) return { ok: true };
    const place = this.dependencies.logins.enter(this.#connection, login.accountId);
    if (!place.ok) return place;
    this.#accountSessions.enter(login, this);
    this.#login = login;
    return place;
  }

  select(view: FolderView): void {
    if (this.#login === undefined) throw new Error("selected before login");
    this.unselect();
    if (this.#closed) return;
    this.#view = view;
    this.#unwatch = this.#feed.watch(this.#login.accountId, view.folderId, {
      changed: () => {
        this.changeAnnounced = true;
        this.#changePace.announce();
      },
    });
  }

  unselect(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#view = undefined;
    this.changeAnnounced = false;
    this.#changePace.stop();
    this.saved = [];
  }

  async sleep(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = this.dependencies.clock.after(ms, wake);
      this.#sleepers.add(wake);
    });
  }

  bye(code: ResponseCode | null, text: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.output.send({ kind: "untagged", status: "BYE", ...(code === null ? {} : { code }), text });
  }

  sayWhyItEnds(): void {
    const { reason, text } = this.#endRequest ?? { reason: "server-ends", text: "The session ends" };
    this.endReason = reason;
    this.bye({ name: "UNAVAILABLE" }, text);
  }

  async startTls(): Promise<void> {
    this.output.flush();
    try {
      const established = this.#connection.startTls();
      this.#reader = createCommandReader();
      await established;
    } catch {
      this.endReason = "tls-failed";
      this.#ending = true;
    }
  }

  drop(): void {
    this.#ending = true;
    this.#connection.destroy();
  }

  // — Bounds —

  #holdBack(): void {
    if (this.#paused || this.#reader.pendingOctets <= INPUT_HELD_OCTETS_MAX) return;
    this.#paused = true;
    this.#connection.pause();
  }

  #readOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#connection.resume();
  }

  #sayTooSlow(): void {
    this.endReason = "timed-out";
    this.bye(null, this.#login === undefined ? "Too slow to log in" : "Idle for too long");
  }

  /** A deadline for the whole of the next event, so that sending an octet now and then does not help. */
  #setReadDeadline(deadlineMs: number): void {
    const { settings, clock } = this.dependencies;
    if (this.#login !== undefined) return this.#connection.setDeadline(deadlineMs);
    const leftMs = PRE_AUTH_TOTAL_MS - (clock.monotonicMs() - this.#startedAtMs);
    // A client that always has the next command ready would never meet a deadline.
    if (leftMs <= 0) this.#sayTooSlow();
    else this.#connection.setDeadline(Math.min(settings.preAuthTimeoutMs, leftMs));
  }
}
