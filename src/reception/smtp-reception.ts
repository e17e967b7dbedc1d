/**
 * Drives one connection through its session: hands octets in, asks policy what the session asks, writes replies, and stops
 * reading when somebody behind cannot keep up.
 */
import { Buffer } from "node:buffer";
import type { EarlyTalkers } from "#gate/early-talkers.ts";
import type { AccountSession, EndRequest } from "#identity/account-sessions.ts";
import { isPositive, type Reply, reply } from "#mail/reply.ts";
import type { Timer } from "#ports/clock.ts";
import type { Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import { formatReply } from "#protocol/smtp/reply-format.ts";
import { ServerSession } from "#protocol/smtp/server-session.ts";
import type { Event, Input } from "#protocol/smtp/session-events.ts";
import type { RecipientRequest, SenderRequest, Transaction } from "#protocol/smtp/transaction.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import type { MetClient } from "./judge.ts";
import { Judgement } from "./judgement.ts";
import { TURNED_AWAY_MS } from "./limits.ts";
import { listenerSession } from "./listener-session.ts";
import { MessageDesk } from "./message-desk.ts";
import { BROKEN, NAME_OK, OUR_NAME, WELCOME } from "./reception-replies.ts";
import type { RecipientPolicy } from "./recipient-policy.ts";
import { withId } from "./reply-with-id.ts";
import { judgeMailFrom } from "./sender-policy.ts";
import { SessionDeadlines } from "./session-deadlines.ts";
import { SessionRecord } from "./session-record.ts";
import { SmtpLogin } from "./smtp-login.ts";
import { TurnedAway } from "./turned-away.ts";

export interface ReceptionContext extends SmtpDependencies {
  readonly earlyTalkers: EarlyTalkers;
  readonly recipientPolicy: RecipientPolicy;
  readonly isTrusted: (address: string) => boolean;
}

type Question = Extract<Event, { kind: "client-name" | "sender" | "recipient" | "login" }>;

export class SmtpReception implements ConnectionHandler, AccountSession {
  readonly #context: ReceptionContext;
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #record: SessionRecord;
  readonly #session: ServerSession;
  readonly #login: SmtpLogin;
  readonly #desk: MessageDesk;
  readonly #deadlines: SessionDeadlines;
  readonly #trusted: boolean;
  readonly #judgement: Judgement | undefined;
  #greetTimer: Timer;
  #turnedAway: TurnedAway | undefined;
  readonly #inputs: Input[] = [];
  #running = false;
  #output: string[] = [];
  /** Octets before the greeting that are let pass (`early_talker` not enforced). */
  #early: Uint8Array[] = [];
  #greeted = false;
  #spoolFull = false;
  #outputFull = false;
  #paused = false;
  #inputEnded = false;
  #over = false;

  constructor(connection: Connection, context: ReceptionContext) {
    const { protocol } = context;
    this.#context = context;
    this.#connection = connection;
    this.#log = context.log.with({ session: connection.id, listener: protocol });
    this.#record = new SessionRecord(connection, context.clock.monotonicMs());
    this.#trusted = context.isTrusted(connection.remote.address);
    const withoutTls = (context.startTls ?? protocol !== "lmtp") ? "starttls" : "none";
    const tls = connection.tls === undefined ? withoutTls : "implicit";
    this.#login = new SmtpLogin(connection, context);
    const client = { tls, trusted: this.#trusted, sasl: () => this.#login.offer() } as const;
    this.#session = new ServerSession(listenerSession(protocol, context.settings, client));
    this.#judgement = context.judge === undefined ? undefined : new Judgement(this.#metClient(), context.judge);
    this.#desk = new MessageDesk(context, this.#record, this.#judgement);
    this.#deadlines = new SessionDeadlines(context, this.#trusted, (what) => {
      this.#record.overdue = what;
      this.timedOut();
    });
    const refusal = context.refuseClient?.(connection.remote) ?? this.#judgement?.atConnect();
    // Not at once: a handler must be attached before its connection can end.
    this.#greetTimer = context.clock.after(refusal === undefined ? this.#greetDelayMs() : 0, () =>
      this.#begin(refusal),
    );
  }

  octets(octets: Uint8Array): void {
    if (this.#over) return;
    if (this.#turnedAway !== undefined) return this.#answerTurnedAway(this.#turnedAway.answer(octets));
    if (!this.#greeted && this.#context.settings.earlyTalker !== "enforce") {
      this.#record.signals.add("early-talker-shadow");
      this.#judgement?.spokeEarly();
      this.#early.push(octets);
      return this.#steer();
    }
    // Those too that are dropped: a message that is too large is refused at its end, and must get there.
    if (this.#session.awaits === "message") this.#deadlines.messageOctets(octets.length);
    else this.#deadlines.commandOctets();
    this.#give({ kind: "octets", octets });
  }

  /** Half a message is nobody's, and half a command has no answer; all else is answered before the connection ends. */
  inputEnded(): void {
    this.#inputEnded = true;
    this.#endWhenAnswered();
  }

  drained(): void {
    this.#outputFull = false;
    this.#steer();
  }

  timedOut(): void {
    this.#give({ kind: "timed-out" });
  }

  shutdown(): void {
    this.#give({ kind: "shutdown" });
  }

  closed(): void {
    this.#stop();
    this.#login.gone(this);
    this.#judgement?.closed();
    this.#log.info("session", this.#record.fields(this.#context.clock.monotonicMs()));
  }

  #greetDelayMs(): number {
    const { settings, earlyTalkers, protocol } = this.#context;
    if (settings.earlyTalker === "off") return 0;
    // A local program that hands mail on is no stranger.
    return protocol === "lmtp" ? settings.timeouts.greetKnownMs : earlyTalkers.delayMs(this.#connection.remote.address);
  }

  #begin(refusal: Reply | undefined): void {
    if (this.#over) return;
    if (refusal !== undefined) {
      this.#record.closeReason = "turned-away";
      this.#output.push(formatReply(refusal));
      return refusal.code < 500 ? this.#close(false) : this.#turnAway(refusal);
    }
    this.#greeted = true;
    this.#deadlines.greeted();
    this.#give({ kind: "greet" });
    const early = Buffer.concat(this.#early);
    this.#early = [];
    if (early.length > 0) this.#give({ kind: "octets", octets: early });
  }

  #metClient(): MetClient {
    const { id: session, remote, local } = this.#connection;
    const about = { address: remote.address, localAddress: local.address, connection: this.#connection };
    return { session, listener: this.#context.protocol, ...about, trusted: this.#trusted };
  }

  #turnAway(refusal: Reply): void {
    this.#turnedAway = new TurnedAway(refusal);
    this.#flush();
    this.#greetTimer = this.#context.clock.after(TURNED_AWAY_MS, () => this.#close(false));
  }

  #answerTurnedAway({ text, over }: ReturnType<TurnedAway["answer"]>): void {
    this.#output.push(text);
    if (over) this.#close(false);
    else this.#flush();
  }

  /** One turn: everything that follows from `input` without waiting, then one write. */
  #give(input: Input): void {
    if (this.#over) return;
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined && !this.#over; next = this.#inputs.shift()) {
        for (const event of this.#session.handle(next)) this.#meet(event);
      }
    } catch (error) {
      this.#broken(error);
    }
    this.#running = false;
    if (!this.#over) this.#endTurn();
  }

  #endTurn(): void {
    const replied = this.#output.length > 0;
    this.#flush();
    this.#deadlines.turn(this.#session.awaits, replied);
    this.#steer();
    this.#endWhenAnswered();
  }

  #endWhenAnswered(): void {
    if (!this.#inputEnded || this.#over) return;
    if (this.#turnedAway !== undefined) return this.#close(false);
    const isWaiting = this.#early.length > 0 || (this.#greeted && this.#session.awaits === "nothing");
    if (!isWaiting) this.#close(this.#session.awaits === "message");
  }

  #flush(): void {
    if (this.#output.length === 0) return;
    const text = this.#output.join("");
    this.#output = [];
    if (!this.#connection.write(text)) this.#outputFull = true;
  }

  /** Reads when everybody behind can take more, and not otherwise. */
  #steer(): void {
    if (this.#over) return;
    this.#deadlines.hold(this.#spoolFull);
    const full = this.#spoolFull || this.#outputFull || this.#session.congested || this.#early.length > 0;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) return this.#connection.pause();
    this.#connection.resume();
  }

  #meet(event: Event): void {
    switch (event.kind) {
      case "reply":
        return void this.#output.push(formatReply(this.#judgement?.replying(event.reply) ?? event.reply));
      case "message-octets":
        if (!this.#desk.write(event.octets)) this.#spoolFull = true;
        return;
      case "client-name":
      case "sender":
      case "recipient":
      case "login":
        return this.#ask(event);
      case "sasl":
        return this.#giveWhenThere(this.#login.answer(event.question));
      case "clear-password":
        return this.#login.sentInClear(event);
      case "message-begin":
        this.#spoolFull = false;
        return this.#desk.begin(event.transaction, () => {
          this.#spoolFull = false;
          this.#steer();
        });
      case "message-end":
        this.#spoolFull = false; // a spool that has all octets tells of no room any more
        return this.#takeMessage(event.transaction);
      case "message-abandoned":
        this.#spoolFull = false;
        this.#judgement?.abandoned(event.reason);
        return this.#desk.abandon(event.reason);
      case "start-tls":
        return this.#startTls();
      case "signal":
        this.#record.signals.add(event.name);
        this.#judgement?.signal(event.name);
        return event.name === "early-talker" ? this.#spokeEarly() : undefined;
      case "close":
        this.#record.closeReason = event.reason;
        this.#judgement?.ended(event.reason);
        return this.#close(event.abrupt);
    }
  }

  #spokeEarly(): void {
    this.#context.earlyTalkers.spokeEarly(this.#connection.remote.address);
    this.#judgement?.spokeEarly();
  }

  #ask(question: Question): void {
    const answered = this.#answer(question);
    if (!(answered instanceof Promise)) return void this.#inputs.push({ kind: "answer", reply: answered });
    this.#giveWhenThere(answered.then((answer) => ({ kind: "answer", reply: answer })));
  }

  #giveWhenThere(input: Promise<Input>): void {
    input.then(
      (given) => this.#give(given),
      (error: unknown) => this.#broken(error),
    );
  }

  #answer(question: Question): Reply | Promise<Reply> {
    switch (question.kind) {
      case "client-name":
        return this.#judgeName(question.name, question.extended);
      case "sender":
        this.#deadlines.earnest();
        this.#desk.beginTransaction();
        this.#judgement?.begin(question.sender.reversePath);
        return this.#identified(
          judgeMailFrom(this.#context.directory, this.#record.identity, question.sender.reversePath, this.#log),
        );
      case "recipient":
        return this.#judgeRecipient(question.recipient, question.transaction.sender);
      case "login":
        return this.#loggedIn(question);
    }
  }

  /** Our own name from another machine is a lie; from this one it may be the truth, and users' programs say what they like. */
  #judgeName(name: string, extended: boolean): Reply {
    const { settings, protocol } = this.#context;
    const { remote, local } = this.#connection;
    this.#record.named(name, extended);
    const isOurName = name.toLowerCase() === settings.hostname.toLowerCase();
    const isOurs = (isOurName || name === `[${local.address}]`) && remote.address !== local.address;
    const refusal = this.#judgement?.named(name, !isOurs ? "no" : isOurName ? "name" : "address");
    if (refusal === undefined && (!isOurs || protocol !== "smtp" || settings.ownNameHelo === "off")) return NAME_OK;
    if (isOurs) this.#record.signals.add("own-name");
    if (refusal !== undefined) return refusal;
    return settings.ownNameHelo === "enforce" ? this.#withId(OUR_NAME) : NAME_OK;
  }

  async #judgeRecipient(recipient: RecipientRequest, sender: SenderRequest): Promise<Reply> {
    const asker = {
      listener: this.#context.protocol,
      authenticated: this.#record.identity !== undefined,
      trustedNetwork: this.#trusted,
      localAddress: this.#connection.local.address,
    };
    const permitted = await this.#desk.mayAdd(this.#context.recipientPolicy.decide(asker, recipient, sender));
    const said = (await this.#judgement?.recipient(recipient.path, permitted)) ?? this.#withId(permitted.reply);
    if (!permitted.accepted) this.#record.refused(permitted.reason);
    else if (isPositive(said)) this.#desk.addRecipient(recipient, permitted.destination);
    else this.#record.refused("verdict");
    return said;
  }

  async #loggedIn(question: Extract<Question, { kind: "login" }>): Promise<Reply> {
    const answer = await this.#login.conclude(question, this);
    const { identity } = this.#login;
    if (answer !== WELCOME || identity === undefined) return answer;
    this.#record.loggedIn(identity, question.mechanism);
    this.#judgement?.loggedIn({ id: identity.accountId, address: identity.address });
    this.#deadlines.earnest();
    this.#context.earlyTalkers.behaved(this.#connection.remote.address);
    return answer;
  }

  /** The password was changed, or the account is disabled. */
  requestEnd({ text }: EndRequest): void {
    this.#give({ kind: "revoked", reply: reply(421, "4.7.0", text) });
  }

  #takeMessage(transaction: Transaction): void {
    const taken = this.#desk.take(transaction, () => !this.#over);
    this.#giveWhenThere(taken.then((answer) => this.#messageTaken(transaction, answer)));
  }

  #messageTaken({ recipients }: Transaction, answer: Reply): Input {
    if (isPositive(answer)) this.#context.earlyTalkers.behaved(this.#connection.remote.address);
    const said = this.#judgement?.concluded(answer, "message-refused") ?? this.#withId(answer);
    // RFC 2033 §4.2: one for each recipient.
    const replies = this.#context.protocol === "lmtp" ? recipients.map(() => said) : [said];
    return { kind: "message-answer", replies };
  }

  #startTls(): void {
    this.#flush();
    this.#connection.startTls().then(
      () => this.#give({ kind: "tls-established" }),
      (error: unknown) => {
        this.#record.closeReason = "tls-failed";
        this.#log.debug("tls-failed", { cause: String(error) });
        this.#connection.destroy();
      },
    );
  }

  /** A refusal names its decision, so that `why` finds it. */
  #withId(answer: Reply): Reply {
    return withId(answer, this.#connection.id);
  }

  async #identified(answer: Promise<Reply>): Promise<Reply> {
    const said = await this.#desk.mayBegin(await answer);
    return this.#judgement?.senderAnswered(said) ?? this.#withId(said);
  }

  /** A bug ends one session, not the process. */
  #broken(error: unknown): void {
    if (this.#over) return;
    this.#log.error("session-broken", { cause: error instanceof Error ? error.stack : String(error) });
    this.#record.closeReason = "broken";
    this.#output.push(formatReply(BROKEN));
    this.#close(false);
  }

  #close(abrupt: boolean): void {
    this.#flush();
    this.#stop();
    if (abrupt) this.#connection.destroy();
    else this.#connection.end();
  }

  #stop(): void {
    this.#over = true;
    this.#greetTimer.cancel();
    this.#desk.abandon("client");
    this.#deadlines.stop();
  }
}
