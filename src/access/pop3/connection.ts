/**
 * POP3 over a connection: what the session asks is put to the authenticator and the store, what it says is sent at the
 * client's pace. One question at a time, so that nothing is held for a client but its snapshot and one piece of a message.
 */
import type { AccountSession, AccountSessions, EndRequest } from "#identity/account-sessions.ts";
import type { Identity, LoginClient } from "#identity/authenticator.ts";
import { credentialChannel } from "#identity/credential-channel.ts";
import type { Timer } from "#ports/clock.ts";
import type { Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginOffer } from "#protocol/pop3/capabilities.ts";
import { errorReply, okReply } from "#protocol/pop3/reply.ts";
import {
  type LoginOutcome,
  type Pop3Answer,
  type Pop3Event,
  Pop3ServerSession,
} from "#protocol/pop3/server-session.ts";
import type { ClearPassword } from "#protocol/sasl/clear-password.ts";
import type { SaslQuestion } from "#protocol/sasl/exchange.ts";
import type { Pop3Dependencies } from "./accept.ts";
import { HELD_OCTETS_MAX } from "./limits.ts";
import { type OpenMaildrop, openMaildrop } from "./open-maildrop.ts";
import { sendMessage } from "./send-message.ts";

export class Pop3Connection implements ConnectionHandler, AccountSession {
  readonly #connection: Connection;
  readonly #dependencies: Pop3Dependencies;
  readonly #log: Log;
  readonly #session: Pop3ServerSession;
  readonly #loginDeadline: Timer;
  readonly #accountSessions: AccountSessions;
  #delay: Timer | undefined;
  #identity: Identity | undefined;
  #open: OpenMaildrop | undefined;
  #refusals = 0;
  #retrieved = 0;
  #removed = 0;
  /** More is queued than the client takes: whoever waits here goes on at `drained`, or hears false at `closed`. */
  #blocked = false;
  #wake: ((goOn: boolean) => void) | undefined;
  #paused = false;
  /** The client says nothing any more. */
  #inputEnded = false;
  /** Why the server wants to end the session as soon as no command runs. */
  #endRequest: EndRequest | undefined;
  #ended: string | undefined;
  #isClosed = false;

  constructor(connection: Connection, dependencies: Pop3Dependencies, accountSessions: AccountSessions) {
    this.#connection = connection;
    this.#accountSessions = accountSessions;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.with({ session: connection.id, protocol: "pop3" });
    this.#session = new Pop3ServerSession(this.#logins());
    this.#loginDeadline = dependencies.clock.after(dependencies.settings.preAuthTimeoutMs, () => this.timedOut());
    this.#write(okReply(`${dependencies.settings.hostname} POP3 ready`));
  }

  octets(octets: Uint8Array): void {
    if (this.#ended !== undefined) return;
    this.#session.push(octets);
    this.#run();
  }

  /** What was sent before has its answers. Without QUIT nothing is removed (RFC 1939 §3). */
  inputEnded(): void {
    this.#inputEnded = true;
    this.#run();
  }

  drained(): void {
    this.#blocked = false;
    if (this.#identity !== undefined) this.#connection.setDeadline(this.#dependencies.settings.autologoutMs);
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake === undefined) this.#run();
    else wake(true);
  }

  timedOut(): void {
    // RFC 1939 §3: no UPDATE state, deleted messages stay.
    if (this.#ended === undefined) this.#bye("time-out", "no command for too long");
  }

  shutdown(): void {
    this.requestEnd({ reason: "shutdown", text: "the server is being restarted" });
  }

  requestEnd(request: EndRequest): void {
    this.#endRequest = request;
    if (!this.#session.isBusy) this.#bye(request.reason, request.text);
  }

  closed(): void {
    this.#isClosed = true;
    if (this.#identity !== undefined) this.#accountSessions.leave(this.#identity.accountId, this);
    this.#loginDeadline.cancel();
    this.#delay?.cancel();
    this.#wake?.(false);
    this.#log.info("pop3-session-end", {
      remoteAddress: this.#connection.remote.address,
      account: this.#identity?.address,
      tls: this.#connection.tls?.version,
      retrieved: this.#retrieved,
      removed: this.#removed,
      end: this.#ended ?? "client-gone",
    });
  }

  /** Takes commands as long as there are any, nothing is asked, and the client takes what it is sent. */
  #run(): void {
    while (!this.#blocked && this.#ended === undefined) {
      const events = this.#session.step();
      if (events === undefined) break;
      this.#carryOut(events);
      if (this.#identity !== undefined) this.#connection.setDeadline(this.#dependencies.settings.autologoutMs);
    }
    if (this.#ended !== undefined) return;
    const full = this.#session.heldOctets > HELD_OCTETS_MAX;
    if (full !== this.#paused) {
      this.#paused = full;
      if (full) this.#connection.pause();
      else this.#connection.resume();
    }
    if (this.#inputEnded && !this.#blocked && !this.#session.isBusy) return this.#end("client-gone");
    const request = this.#endRequest;
    if (request !== undefined && !this.#session.isBusy) this.#bye(request.reason, request.text);
  }

  #carryOut(events: readonly Pop3Event[]): void {
    for (const event of events) this.#carryOutOne(event);
  }

  #carryOutOne(event: Pop3Event): void {
    switch (event.kind) {
      case "say":
        return this.#write(event.text);
      case "sasl":
        return this.#answerWith(this.#sasl(event.question));
      case "login":
        return this.#answerWith(this.#login(event.outcome));
      case "clear-password":
        return this.#dependencies.authenticator.sentInClear({ ...this.#client(), ...passwordOf(event) });
      case "retrieve":
        return this.#answerWith(this.#retrieve(event));
      case "update":
        return this.#answerWith(this.#update(event.uids));
      case "start-tls":
        return this.#answerWith(this.#startTls());
      case "close":
        return this.#end("closed-by-server");
      case "drop":
        this.#log.warn("pop3-octets-behind-stls", { remoteAddress: this.#connection.remote.address });
        return this.#drop("octets-behind-stls");
    }
  }

  /** Hands the answer to the session when it is there. Undefined: there is no session left to hear it. */
  #answerWith(answer: Promise<Pop3Answer | undefined>): void {
    answer.then(
      (given) => this.#answered(given),
      (error: unknown) => {
        this.#log.error("pop3-session-failed", { error: String(error) });
        this.#drop("internal-error");
      },
    );
  }

  #answered(answer: Pop3Answer | undefined): void {
    if (answer === undefined || this.#isClosed || this.#ended !== undefined) return;
    this.#carryOut(this.#session.answer(answer));
    this.#run();
  }

  async #sasl(question: SaslQuestion): Promise<Pop3Answer> {
    const client = { ...this.#client(), tls: this.#connection.tls };
    try {
      return { kind: "sasl", answer: await this.#dependencies.authenticator.answer(question, client) };
    } catch (error) {
      this.#log.error("pop3-login-failed", { error: String(error) });
      return { kind: "sasl", answer: { kind: "unavailable" } };
    }
  }

  async #login(outcome: LoginOutcome): Promise<Pop3Answer> {
    switch (outcome.kind) {
      case "unavailable":
        return unavailable;
      case "refused":
        return this.#refuse();
      case "accepted":
        return this.#admit(outcome.identity);
    }
  }

  async #admit(identity: Identity): Promise<Pop3Answer> {
    const { store, logins, settings } = this.#dependencies;
    if (this.#isClosed) return unavailable;
    const place = logins.enter(this.#connection, identity.accountId);
    if (!place.ok) return { kind: "login", outcome: { text: place.text } };
    try {
      this.#open = await openMaildrop(store, identity.accountId);
    } catch (error) {
      this.#log.error("pop3-login-failed", { error: String(error) });
      return unavailable;
    }
    this.#identity = identity;
    this.#loginDeadline.cancel();
    if (!this.#isClosed) {
      this.#accountSessions.enter(identity, this);
      this.#connection.setDeadline(settings.autologoutMs);
    }
    return { kind: "login", outcome: this.#open.maildrop };
  }

  #client(): Omit<LoginClient, "tls"> {
    return { protocol: "pop3", remoteAddress: this.#connection.remote.address };
  }

  /** The refusal, later each time: guessing must not pay. */
  async #refuse(): Promise<Pop3Answer> {
    const delayMs = this.#dependencies.settings.failureDelayMs * 2 ** this.#refusals++;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (!this.#isClosed) this.#delay = this.#dependencies.clock.after(delayMs, resolve);
    await promise;
    return { kind: "login", outcome: "refused" };
  }

  async #retrieve({
    number,
    bodyLines,
  }: {
    number: number;
    bodyLines: number | null;
  }): Promise<Pop3Answer | undefined> {
    if (this.#open === undefined) throw new Error("no maildrop is open");
    const sent = { begun: false };
    try {
      const outcome = await sendMessage(this.#dependencies.store, this.#open.message(number), {
        bodyLines,
        send: (octets) => this.#send(octets),
        sent,
      });
      if (outcome === "broken-off") return undefined;
      if (outcome === "sent" && bodyLines === null) this.#retrieved++;
      return { kind: "retrieved", outcome };
    } catch (error) {
      this.#log.error("pop3-message-unreadable", { error: String(error) });
      if (!sent.begun) return { kind: "retrieved", outcome: "failed" };
      // Half a message must not look like a whole one: no final dot, no more replies.
      this.#drop("message-broken-off");
      return undefined;
    }
  }

  async #update(uids: readonly number[]): Promise<Pop3Answer> {
    try {
      await this.#open?.remove(uids);
      this.#removed = uids.length;
      return { kind: "updated", outcome: "done" };
    } catch (error) {
      this.#log.error("pop3-update-failed", { error: String(error) });
      return { kind: "updated", outcome: "failed" };
    }
  }

  async #startTls(): Promise<Pop3Answer | undefined> {
    try {
      await this.#connection.startTls();
    } catch (error) {
      this.#log.info("pop3-tls-failed", { error: String(error) });
      this.#ended = "tls-failed";
      return undefined;
    }
    return { kind: "tls-established", logins: this.#logins() };
  }

  #logins(): LoginOffer {
    const { tls } = this.#connection;
    return {
      policy: credentialChannel({ protocol: "pop3", tlsEstablished: tls !== undefined }),
      sasl: this.#dependencies.authenticator.offer({ protocol: "pop3", tls }),
    };
  }

  #write(octets: Uint8Array | string): void {
    if (!this.#connection.write(octets)) this.#blocked = true;
  }

  /** Resolves when the client has taken enough of it; false when it is gone. */
  #send(octets: Uint8Array | string): Promise<boolean> {
    if (this.#isClosed || this.#ended !== undefined) return Promise.resolve(false);
    this.#write(octets);
    if (!this.#blocked) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = resolve;
    return promise;
  }

  #bye(why: string, text: string): void {
    if (this.#ended !== undefined) return;
    // In the middle of a message a reply would be taken for one of its lines.
    if (this.#session.isBusy) return this.#drop(why);
    this.#connection.write(errorReply(text, "SYS/TEMP"));
    this.#end(why);
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#connection.end();
  }

  #drop(why: string): void {
    this.#ended ??= why;
    this.#connection.destroy();
  }
}

const unavailable: Pop3Answer = { kind: "login", outcome: "unavailable" };

function passwordOf({ username, password }: ClearPassword): ClearPassword {
  return { username, password };
}
