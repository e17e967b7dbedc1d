/**
 * The receiving side of SMTP (RFC 5321), submission (RFC 6409) and LMTP (RFC 2033) as a state machine without I/O.
 *
 * Octets and answers go in, events come out; no sockets, clocks or promises. While a question is open the session holds
 * back all later input, so pipelined commands keep their order (RFC 2920) and policy stays outside.
 */
import { isPositive, type Reply, reply } from "#mail/reply.ts";
import { Authentication } from "./authentication.ts";
import { type Command, type PathCommand, parseCommand } from "./command.ts";
import { parseRecipient, parseSender } from "./envelope-commands.ts";
import { InputBuffer, type Line } from "./input-buffer.ts";
import { COMMAND_LINE_OCTETS_MAX, HELD_OCTETS_MAX, HELD_OCTETS_PAUSE } from "./limits.ts";
import { MessageReader, type Progress } from "./message-reader.ts";
import { Outbox } from "./outbox.ts";
import { RecipientProbes } from "./recipient-probes.ts";
import type { Event, Input } from "./session-events.ts";
import * as say from "./session-replies.ts";
import type { SessionSettings } from "./session-settings.ts";
import { behindStartTls, earlyTalker, isClientHello, notSmtp, tlsOnClearPort } from "./stray-octets.ts";
import type { RecipientRequest, SenderRequest, Transaction } from "./transaction.ts";

type Mode = "waiting" | "commands" | "message";

type Question =
  | { readonly about: "client-name"; readonly extended: boolean }
  | { readonly about: "sender"; readonly sender: SenderRequest }
  | { readonly about: "recipient"; readonly recipient: RecipientRequest }
  | { readonly about: "sasl" | "login" | "message" | "tls" };

export class ServerSession {
  readonly #settings: SessionSettings;
  readonly #input = new InputBuffer();
  readonly #out: Outbox;
  readonly #message: MessageReader;
  readonly #authentication: Authentication;
  readonly #probes: RecipientProbes;
  #mode: Mode = "waiting";
  #question: Question | undefined;
  #tlsEstablished: boolean;
  /** No line was read yet; what comes first tells other protocols apart. */
  #firstLine = true;
  #greeted: "no" | "helo" | "extended" = "no";
  #transaction: Transaction | undefined;
  #draining = false;
  #revoked: Reply | undefined;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#tlsEstablished = settings.tls === "implicit";
    this.#out = new Outbox(settings.errorsMax);
    this.#authentication = new Authentication(this.#out, settings);
    this.#probes = new RecipientProbes(settings.probeRecipients, settings.probeUnknownMax);
    this.#message = new MessageReader(this.#input, this.#out, settings.messageSizeOctetsMax);
  }

  /** So much is held that the driver should read no more until the open question is answered. */
  get congested(): boolean {
    return this.#question !== undefined && this.#input.length > HELD_OCTETS_PAUSE;
  }

  /** What the client owes: nothing while a question is open. */
  get awaits(): "command" | "message" | "nothing" {
    if (this.#question !== undefined || this.#out.closed || this.#mode === "waiting") return "nothing";
    return this.#mode === "message" ? "message" : "command";
  }

  /** Throws only when an answer comes without its question: a bug of the driver. */
  handle(input: Input): readonly Event[] {
    if (this.#out.closed) return this.#out.take();
    switch (input.kind) {
      case "greet":
        this.#mode = "commands";
        this.#out.say(say.greeting(this.#settings));
        break;
      case "octets":
        this.#arrive(input.octets);
        break;
      case "answer":
        this.#answer(input.reply);
        break;
      case "message-answer":
        this.#messageAnswered(input.replies);
        break;
      case "sasl-answer":
        this.#settle("sasl");
        this.#verify(this.#authentication.answered(input.answer));
        break;
      case "tls-established":
        this.#secured();
        break;
      case "timed-out":
        this.#out.end(say.TIMED_OUT, "timed-out");
        break;
      case "shutdown":
        this.#draining = true;
        break;
      case "revoked":
        this.#revoked = input.reply;
        break;
    }
    this.#run();
    return this.#out.take();
  }

  #arrive(octets: Uint8Array): void {
    if (this.#mode === "waiting") return earlyTalker(this.#out, octets);
    if (this.#question?.about === "tls") return behindStartTls(this.#out);
    this.#input.append(octets);
    if (this.#question !== undefined && this.#input.length > HELD_OCTETS_MAX) {
      this.#out.end(say.HELD_TOO_MUCH, "held-too-much");
    }
  }

  #run(): void {
    if (this.#revoked !== undefined && this.#question === undefined) this.#out.end(this.#revoked, "revoked");
    while (this.#question === undefined && !this.#out.closed && this.#readOn()) {
      // Each turn uses up some input or asks a question.
    }
    if (this.#out.closed) return this.#input.clear();
    if (this.#question !== undefined) return;
    this.#input.settle();
    if (this.#draining && this.#transaction === undefined) this.#out.end(say.SHUTTING_DOWN, "shutdown");
  }

  /** False when there is too little input to go on. */
  #readOn(): boolean {
    switch (this.#mode) {
      case "waiting":
        return false;
      case "message":
        return this.#progress(this.#message.read());
      case "commands": {
        if (this.#firstLine && isClientHello(this.#input.peek(0), this.#input.peek(1))) {
          tlsOnClearPort(this.#out);
          return false;
        }
        const line = this.#input.readLine();
        if (line !== undefined) this.#line(line);
        return line !== undefined;
      }
    }
  }

  #line(line: Line): void {
    const first = this.#firstLine;
    this.#firstLine = false;
    switch (line.kind) {
      case "line":
        if (this.#authentication.underway) {
          return this.#verify(this.#authentication.step(line.octets.toString("latin1")));
        }
        if (line.octets.length > COMMAND_LINE_OCTETS_MAX && !line.auth) return this.#out.error(say.LINE_TOO_LONG);
        // An empty first line: a PROXY header of version 2 begins so, no mail client does.
        if (first && line.octets.length === 0) return notSmtp(this.#out);
        return this.#command(parseCommand(line.octets));
      case "too-long":
        if (!this.#authentication.underway && !line.auth) return this.#out.error(say.LINE_TOO_LONG);
        return this.#authentication.lineTooLong();
      case "endless":
        return this.#badLine(say.LINE_TOO_LONG);
      case "bare-newline":
        // Nothing after a line end that others read differently can be trusted.
        return this.#badLine(say.BARE_NEWLINE_COMMAND);
    }
  }

  #command(command: Command): void {
    switch (command.verb) {
      case "EHLO":
      case "HELO":
      case "LHLO":
        return this.#hello(command.verb, command.name);
      case "MAIL":
        return this.#mail(command);
      case "RCPT":
        return this.#rcpt(command);
      case "DATA":
        return this.#data();
      case "BDAT":
        return this.#bdat(command);
      case "AUTH":
        return this.#auth(command.mechanism, command.initialResponse);
      case "STARTTLS":
        return this.#startTls();
      case "RSET":
        this.#reset();
        return this.#out.waste(say.RESET);
      case "NOOP":
      case "VRFY":
      case "HELP":
        return this.#out.waste(say.COURTESIES[command.verb]);
      case "QUIT":
        return this.#out.end(say.GOODBYE, "quit");
      case "EXPN":
      case "TURN":
      case "ETRN":
        return this.#out.error(say.NOT_IMPLEMENTED);
      case "unrecognized":
        return command.notSmtp ? notSmtp(this.#out) : this.#out.error(say.UNKNOWN_COMMAND);
      case "malformed":
        return command.fatal ? this.#badLine(command.reply) : this.#out.error(command.reply);
    }
  }

  #hello(verb: "EHLO" | "HELO" | "LHLO", name: string): void {
    const lmtp = this.#settings.protocol === "lmtp";
    if (lmtp !== (verb === "LHLO")) return this.#out.error(lmtp ? say.USE_LHLO : say.UNKNOWN_COMMAND);
    this.#reset();
    const extended = verb !== "HELO";
    this.#ask({ about: "client-name", extended }, { kind: "client-name", name, extended });
  }

  #named(extended: boolean): void {
    const again = this.#greeted !== "no";
    this.#greeted = extended ? "extended" : "helo";
    if (this.#input.length > 0) {
      // RFC 2920 §3.1: EHLO is the last of its group. Before its answer nobody knows that pipelining is allowed.
      this.#out.signal(extended ? "pipelined-past-greeting" : "pipelined-after-helo");
      if (extended) return this.#out.end(say.PIPELINED_PAST_GREETING, "out-of-step");
    }
    const answer = extended
      ? say.capabilities(this.#settings, this.#tlsEstablished)
      : reply(250, null, this.#settings.hostname);
    return again ? this.#out.waste(answer) : this.#out.say(answer);
  }

  #mail(command: PathCommand): void {
    if (this.#greeted === "no") return this.#out.error(say.HELLO_FIRST);
    if (this.#transaction !== undefined) return this.#out.error(say.TRANSACTION_OPEN);
    const parsed = parseSender(command, {
      extended: this.#greeted === "extended",
      auth: this.#settings.credentialChannel(this.#tlsEstablished) === "open",
      requireTls: this.#tlsEstablished,
      messageSizeOctetsMax: this.#settings.messageSizeOctetsMax,
    });
    if (!parsed.ok) return this.#out.error(parsed.problem);
    if (this.#mustAuthenticate()) return;
    this.#ask({ about: "sender", sender: parsed.value }, { kind: "sender", sender: parsed.value });
  }

  #rcpt(command: PathCommand): void {
    if (this.#greeted === "no") return this.#out.error(say.HELLO_FIRST);
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#mustAuthenticate() ? undefined : this.#out.error(say.MAIL_FIRST);
    if (this.#message.open) return this.#out.error(say.CHUNKS_OPEN);
    const { utf8 } = transaction.sender;
    const parsed = parseRecipient(command, { extended: this.#greeted === "extended", utf8 });
    if (!parsed.ok) return this.#out.error(parsed.problem);
    if (transaction.recipients.length >= this.#settings.recipientsMax) return this.#out.say(say.TOO_MANY_RECIPIENTS);
    const recipient = parsed.value;
    this.#ask({ about: "recipient", recipient }, { kind: "recipient", recipient, transaction });
  }

  /** Says 530 and true where a credential is missing. */
  #mustAuthenticate(): boolean {
    if (!this.#settings.authenticationRequired || this.#authentication.succeeded) return false;
    const tlsFirst = this.#settings.tls === "starttls" && !this.#tlsEstablished;
    this.#out.error(tlsFirst ? say.TLS_FIRST : say.AUTHENTICATE_FIRST);
    return true;
  }

  #data(): void {
    if (this.#input.length > 0) {
      // RFC 2920 §3.1: DATA is the last of its group. What follows is a body, and never read as commands.
      this.#out.signal("data-before-go-ahead");
      return this.#out.end(say.DATA_BEFORE_GO_AHEAD, "out-of-step");
    }
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#out.error(this.#greeted === "no" ? say.HELLO_FIRST : say.MAIL_FIRST);
    if (this.#message.open) return this.#out.error(say.CHUNKS_OPEN);
    if (transaction.recipients.length === 0) return this.#out.error(say.RECIPIENT_FIRST);
    if (transaction.sender.body === "BINARYMIME") return this.#out.error(say.BINARY_NEEDS_CHUNKS);
    this.#message.beginData(transaction);
    this.#mode = "message";
  }

  #bdat(chunk: { readonly sizeOctets: number; readonly last: boolean }): void {
    const transaction = this.#greeted === "extended" ? this.#transaction : undefined;
    const withoutRecipient = transaction?.recipients.length === 0 ? say.RECIPIENT_FIRST : undefined;
    this.#message.beginChunk(chunk, transaction, transaction === undefined ? say.MAIL_FIRST : withoutRecipient);
    this.#mode = "message";
  }

  #progress(progress: Progress): boolean {
    if (progress.kind === "starved") return false;
    this.#mode = "commands";
    if (progress.kind === "message-over") this.#messageOver(progress.refusal);
    return true;
  }

  #messageOver(refusal: Reply | undefined): void {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    if (refusal === undefined) return this.#ask({ about: "message" }, { kind: "message-end", transaction });
    this.#transaction = undefined;
    // RFC 2033 §4.2: LMTP answers for each recipient.
    const replies = this.#settings.protocol === "lmtp" ? transaction.recipients.length : 1;
    for (let i = 1; i < replies; i++) this.#out.say(refusal);
    this.#out.error(refusal);
  }

  #messageAnswered(replies: readonly Reply[]): void {
    this.#settle("message");
    this.#transaction = undefined;
    this.#out.calm();
    for (const answer of replies) this.#out.say(answer);
    if (replies.some(({ code }) => code === 421)) this.#out.close("refused", false);
  }

  #startTls(): void {
    if (this.#settings.tls === "none") return this.#out.error(say.NOT_IMPLEMENTED);
    if (this.#tlsEstablished) return this.#out.error(say.TLS_ALREADY);
    if (this.#greeted === "no") return this.#out.error(say.HELLO_FIRST);
    if (this.#transaction !== undefined) return this.#out.error(say.TRANSACTION_OPEN);
    if (this.#input.length > 0) return behindStartTls(this.#out);
    this.#out.say(say.READY_FOR_TLS);
    this.#ask({ about: "tls" }, { kind: "start-tls" });
  }

  /** Whatever the client said before the handshake is forgotten (RFC 3207 §4.2). */
  #secured(): void {
    this.#settle("tls");
    this.#tlsEstablished = true;
    this.#greeted = "no";
    this.#firstLine = true;
  }

  #auth(mechanism: string, initialResponse: string | undefined): void {
    const channel = this.#settings.credentialChannel(this.#tlsEstablished);
    if (channel === "never") return this.#out.error(say.NOT_IMPLEMENTED);
    if (channel === "needs-tls") return this.#authentication.refuseInClear(mechanism, initialResponse);
    if (this.#greeted !== "extended") return this.#out.error(say.HELLO_FIRST);
    if (this.#transaction !== undefined) return this.#out.error(say.TRANSACTION_OPEN);
    if (this.#authentication.succeeded) return this.#out.error(say.ALREADY_AUTHENTICATED);
    this.#verify(this.#authentication.begin(mechanism, initialResponse));
  }

  #verify(question: Event | undefined): void {
    if (question?.kind === "sasl" || question?.kind === "login") this.#ask({ about: question.kind }, question);
  }

  #answer(answer: Reply): void {
    const question = this.#question;
    if (question === undefined) throw new Error("an answer without a question");
    this.#question = undefined;
    if (answer.code === 421) return this.#out.end(answer, "refused");
    const positive = isPositive(answer);
    switch (question.about) {
      case "client-name":
        return positive ? this.#named(question.extended) : this.#out.error(answer);
      case "sender":
        if (!positive) return this.#out.error(answer);
        this.#transaction = { sender: question.sender, recipients: [] };
        return this.#out.say(answer);
      case "recipient":
        return this.#recipientAnswered(question.recipient, answer);
      case "login":
        return this.#authentication.conclude(answer);
      case "sasl":
      case "message":
      case "tls":
        throw new Error(`not answered by a reply: ${question.about}`);
    }
  }

  #recipientAnswered(recipient: RecipientRequest, answer: Reply): void {
    // Who has authenticated, or hands on mail locally, may have an old list; a stranger who does is guessing.
    const stranger = !this.#authentication.succeeded && this.#settings.protocol !== "lmtp";
    if (isPositive(answer) && this.#transaction !== undefined) {
      const { sender, recipients } = this.#transaction;
      this.#transaction = { sender, recipients: [...recipients, recipient] };
    }
    if (this.#probes.isProbing(answer) && stranger) {
      this.#out.signal("recipient-probing");
      return this.#out.end(say.TOO_MANY_UNKNOWN, "recipient-probing");
    }
    return stranger && answer.code >= 500 ? this.#out.error(answer) : this.#out.say(answer);
  }

  #badLine(answer: Reply): void {
    this.#out.signal("bad-line");
    this.#out.end(answer, "bad-line");
  }

  #reset(): void {
    this.#message.abandon();
    this.#transaction = undefined;
  }

  #ask(question: Question, event: Event): void {
    this.#question = question;
    this.#out.emit(event);
  }

  #settle(about: Question["about"]): void {
    if (this.#question?.about !== about) throw new Error(`no such question is open: ${about}`);
    this.#question = undefined;
  }
}
