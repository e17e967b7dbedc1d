/**
 * The serving side of POP3 (RFC 1939) as a value: octets and answers go in, events come out. One command is taken a
 * step, so that whoever drives the session sets its pace; while a question is open later commands wait, and pipelined
 * ones keep their order (RFC 2449 §6.6).
 */
import { Buffer } from "node:buffer";
import { decodeSaslBase64, encodeSaslBase64, SASL_CANCEL } from "../sasl/base64.ts";
import { clearPassword } from "../sasl/clear-password.ts";
import {
  type SaslAnswer,
  type SaslExchange,
  type SaslOutcome,
  type SaslQuestion,
  type SaslStep,
  startSasl,
} from "../sasl/exchange.ts";
import { overAfter } from "../sasl/steps.ts";
import { capabilities, type LoginOffer } from "./capabilities.ts";
import { type AuthorizationCommand, type Command, parseCommand, type TransactionCommand } from "./command.ts";
import { BAD_COMMANDS_MAX, FAILED_LOGINS_MAX, LISTING_LINES_AT_ONCE } from "./limits.ts";
import { LineReader } from "./line-reader.ts";
import { Maildrop } from "./maildrop.ts";
import { challengeReply, errorReply, okReply, type ResponseCode } from "./reply.ts";

export type Pop3Event =
  | { readonly kind: "say"; readonly text: string }
  /** Of an authentication exchange, or of USER and PASS. Wants `sasl`. */
  | { readonly kind: "sasl"; readonly question: SaslQuestion }
  /** It is over: what is in the maildrop, or how is the refusal put? Wants `login`. */
  | { readonly kind: "login"; readonly outcome: LoginOutcome }
  /** A password was sent in clear. It was refused before anybody looked at it; no answer is waited for. */
  | { readonly kind: "clear-password"; readonly username: string; readonly password: string }
  /** Send the message of that number, wholly (null) or so many lines of its body; with its +OK. Wants `retrieved`. */
  | { readonly kind: "retrieve"; readonly number: number; readonly bodyLines: number | null }
  /** Remove these for good. Wants `updated`. */
  | { readonly kind: "update"; readonly uids: readonly number[] }
  /** Wants `tls-established`. */
  | { readonly kind: "start-tls" }
  /** Send what has been said, then end. */
  | { readonly kind: "close" }
  /** Cut the connection: somebody writes into it who should not. */
  | { readonly kind: "drop" };

export type Pop3Answer =
  | { readonly kind: "tls-established"; readonly logins: LoginOffer }
  | { readonly kind: "sasl"; readonly answer: SaslAnswer }
  | { readonly kind: "login"; readonly outcome: Maildrop | "refused" | "unavailable" | TooMany }
  /** `gone`, `failed`: nothing was sent. A message that broke off half-way leaves no session to answer to. */
  | { readonly kind: "retrieved"; readonly outcome: "sent" | "gone" | "failed" }
  | { readonly kind: "updated"; readonly outcome: "done" | "failed" };

export type LoginOutcome = Exclude<SaslOutcome, { kind: "malformed" }>;

/** The credentials are right, and yet there is no place; `text` says why. */
export interface TooMany {
  readonly text: string;
}

type State =
  | { readonly name: "authorization"; readonly username?: string; readonly exchange?: SaslExchange }
  | { readonly name: "transaction"; readonly maildrop: Maildrop }
  | { readonly name: "closed" };

export class Pop3ServerSession {
  #logins: LoginOffer;
  #state: State = { name: "authorization" };
  #waitsFor: Pop3Answer["kind"] | undefined;
  #listing: Iterator<string> | undefined;
  #badCommands = 0;
  #failedLogins = 0;
  /** Of a USER that was refused: the password may follow it. */
  #nameInClear: string | undefined;
  readonly #lines = new LineReader();
  #events: Pop3Event[] = [];

  constructor(logins: LoginOffer) {
    this.#logins = logins;
  }

  /** Octets that wait for their step: the driver stops reading when they are many. */
  get heldOctets(): number {
    return this.#lines.heldOctets;
  }

  /** A question is open, or a listing is being sent. */
  get isBusy(): boolean {
    return this.#waitsFor !== undefined || this.#listing !== undefined;
  }

  get isClosed(): boolean {
    return this.#state.name === "closed";
  }

  push(octets: Uint8Array): void {
    if (this.#state.name !== "closed") this.#lines.push(octets);
  }

  /** Takes one line, or goes on with a listing. Undefined: nothing to do until `push` or `answer`. */
  step(): readonly Pop3Event[] | undefined {
    if (this.#waitsFor !== undefined || this.#state.name === "closed") return undefined;
    this.#events = [];
    if (this.#listing !== undefined) {
      this.#continueListing(this.#listing);
      return this.#events;
    }
    const line = this.#lines.next();
    if (line === undefined) return undefined;
    if (line === "too-long") {
      this.#fail("line too long");
      this.#close();
    } else if (this.#state.name === "authorization" && this.#state.exchange !== undefined) {
      this.#saslResponse(this.#state.exchange, line);
    } else {
      this.#command(parseCommand(line));
    }
    return this.#events;
  }

  answer(answer: Pop3Answer): readonly Pop3Event[] {
    if (this.#waitsFor !== answer.kind) throw new Error(`answer ${answer.kind} to no question`);
    this.#waitsFor = undefined;
    this.#events = [];
    switch (answer.kind) {
      case "tls-established":
        // Whatever was said in the clear is forgotten (RFC 2595 §4). No octets of it are held: #startTls saw to that, and
        // what is held now has come through TLS.
        this.#logins = answer.logins;
        this.#state = { name: "authorization" };
        break;
      case "sasl":
        this.#saslAnswer(answer.answer);
        break;
      case "login":
        this.#login(answer.outcome);
        break;
      case "retrieved":
        if (answer.outcome === "gone") this.#fail("that message has been removed meanwhile");
        if (answer.outcome === "failed") this.#fail("the message cannot be read now", "SYS/TEMP");
        break;
      case "updated":
        if (answer.outcome === "done") this.#say("bye");
        else this.#fail("some deleted messages were not removed", "SYS/TEMP");
        this.#close();
        break;
    }
    return this.#events;
  }

  #command(command: Command): void {
    switch (command.verb) {
      case "CAPA":
        return this.#capabilities();
      case "QUIT":
        return this.#quit();
      case "USER":
      case "PASS":
      case "AUTH":
      case "STLS":
      case "UTF8":
        return this.#authorizationCommand(command);
      case "STAT":
      case "LIST":
      case "UIDL":
      case "RETR":
      case "TOP":
      case "DELE":
      case "RSET":
      case "NOOP":
        return this.#transactionCommand(command);
      case "malformed":
        return this.#bad("malformed arguments");
      case "unknown":
        return this.#bad("unknown command");
    }
  }

  #authorizationCommand(command: AuthorizationCommand): void {
    const state = this.#state;
    if (state.name !== "authorization") return this.#bad("already logged in");
    if (command.verb === "STLS") return this.#startTls();
    // RFC 6856 §2.1. Messages go out as they are in either mode: old clients, too, read UTF-8 in a header.
    if (command.verb === "UTF8") return this.#say("UTF-8 it is");
    // Nothing of a credential is looked at before this.
    if (this.#logins.policy === "needs-tls") return this.#refuseInClear(command);
    if (this.#logins.policy === "never") return this.#bad("no logins here");
    switch (command.verb) {
      case "USER":
        this.#state = { name: "authorization", username: command.name };
        return this.#say("and the password");
      case "PASS":
        if (state.username === undefined) return this.#bad("USER first");
        this.#state = { name: "authorization" };
        return this.#ask("sasl", {
          kind: "sasl",
          question: { about: "password", username: state.username, password: command.password },
        });
      case "AUTH":
        return this.#auth(command);
    }
  }

  #transactionCommand(command: TransactionCommand): void {
    if (this.#state.name !== "transaction") return this.#bad("log in first");
    const { maildrop } = this.#state;
    switch (command.verb) {
      case "STAT":
        return this.#say(`${maildrop.messages} ${maildrop.octets}`);
      case "LIST":
        return this.#list(maildrop, command.number, (number) => String(maildrop.size(number)));
      case "UIDL":
        return this.#list(maildrop, command.number, (number) => maildrop.uniqueId(number));
      case "RETR":
        if (!maildrop.has(command.number)) return this.#fail("no such message");
        return this.#ask("retrieved", { kind: "retrieve", number: command.number, bodyLines: null });
      case "TOP":
        if (!maildrop.has(command.number)) return this.#fail("no such message");
        return this.#ask("retrieved", { kind: "retrieve", number: command.number, bodyLines: command.bodyLines });
      case "DELE":
        if (!maildrop.has(command.number)) return this.#fail("no such message");
        maildrop.markDeleted(command.number);
        return this.#say(`message ${command.number} deleted`);
      case "RSET":
        maildrop.unmarkAll();
        return this.#say(`maildrop has ${maildrop.messages} messages (${maildrop.octets} octets)`);
      case "NOOP":
        return this.#say("nothing done");
    }
  }

  #startTls(): void {
    if (this.#logins.policy !== "needs-tls") return this.#bad("no STLS here");
    // Octets behind STLS were written by somebody who cannot see the answer: an injection (CVE-2011-0411).
    if (this.#lines.heldOctets > 0) {
      this.#state = { name: "closed" };
      return this.#emit({ kind: "drop" });
    }
    this.#say("begin TLS");
    this.#ask("tls-established", { kind: "start-tls" });
  }

  #auth({
    mechanism,
    initial,
  }: {
    readonly mechanism: string | undefined;
    readonly initial: string | undefined;
  }): void {
    if (mechanism === undefined) {
      this.#say("mechanisms follow");
      return this.#emit({ kind: "say", text: [...this.#logins.sasl.mechanisms, ".\r\n"].join("\r\n") });
    }
    const exchange = startSasl(mechanism, this.#logins.sasl);
    if (exchange === undefined) return this.#bad("no such mechanism");
    this.#state = { name: "authorization", exchange };
    if (initial === undefined) return this.#saslStep(exchange.step(undefined));
    const octets = decodeSaslBase64(initial);
    return octets === undefined ? this.#endExchange("not base64") : this.#saslStep(exchange.step(octets));
  }

  #saslResponse(exchange: SaslExchange, line: Uint8Array): void {
    const text = Buffer.from(line).toString("latin1");
    if (text === SASL_CANCEL) return this.#endExchange("cancelled");
    const octets = decodeSaslBase64(text);
    return octets === undefined ? this.#endExchange("not base64") : this.#saslStep(exchange.step(octets));
  }

  #saslStep(step: SaslStep): void {
    switch (step.kind) {
      case "challenge":
        return this.#emit({ kind: "say", text: challengeReply(encodeSaslBase64(step.octets)) });
      case "question":
        return this.#ask("sasl", { kind: "sasl", question: step.question });
      case "over":
        if (step.outcome.kind === "malformed") return this.#endExchange("malformed response");
        this.#state = { name: "authorization" };
        return this.#ask("login", { kind: "login", outcome: step.outcome });
    }
  }

  #saslAnswer(answer: SaslAnswer): void {
    const exchange = this.#state.name === "authorization" ? this.#state.exchange : undefined;
    // USER and PASS have no exchange: what was answered is the end.
    this.#saslStep(exchange === undefined ? overAfter(answer) : exchange.answer(answer));
  }

  /** Before STLS nothing of a credential is looked at. What was sent has been seen by others, and that is told. */
  #refuseInClear(command: AuthorizationCommand): void {
    this.#bad("STLS first: no password in clear");
    if (command.verb === "USER") this.#nameInClear = command.name;
    const initial = command.verb === "AUTH" && command.initial !== undefined ? command : undefined;
    const sent =
      command.verb === "PASS" && this.#nameInClear !== undefined
        ? { username: this.#nameInClear, password: command.password }
        : clearPassword(initial?.mechanism ?? "", decodeSaslBase64(initial?.initial ?? ""));
    if (sent !== undefined && this.#state.name !== "closed") this.#emit({ kind: "clear-password", ...sent });
  }

  #endExchange(text: string): void {
    this.#state = { name: "authorization" };
    this.#bad(text);
  }

  #login(outcome: Maildrop | "refused" | "unavailable" | TooMany): void {
    if (outcome === "unavailable") return this.#fail("logins are not possible now, try again later", "SYS/TEMP");
    if (outcome === "refused") {
      this.#fail("authentication failed", "AUTH");
      if (++this.#failedLogins >= FAILED_LOGINS_MAX) this.#close();
      return;
    }
    // RFC 3206 §4: nothing is wrong with the credentials.
    if (!(outcome instanceof Maildrop)) return this.#fail(outcome.text, "SYS/TEMP");
    this.#state = { name: "transaction", maildrop: outcome };
    this.#say(`maildrop has ${outcome.messages} messages (${outcome.octets} octets)`);
  }

  #capabilities(): void {
    this.#say("capabilities follow");
    this.#emit({ kind: "say", text: `${capabilities(this.#logins).join("\r\n")}\r\n.\r\n` });
  }

  #quit(): void {
    const uids = this.#state.name === "transaction" ? this.#state.maildrop.deletedUids() : [];
    if (uids.length > 0) return this.#ask("updated", { kind: "update", uids });
    this.#say("bye");
    this.#close();
  }

  #list(maildrop: Maildrop, number: number | undefined, describe: (number: number) => string): void {
    if (number !== undefined) {
      if (!maildrop.has(number)) return this.#fail("no such message");
      return this.#say(`${number} ${describe(number)}`);
    }
    this.#say(`${maildrop.messages} messages`);
    this.#continueListing((this.#listing = listing(maildrop, describe)));
  }

  #continueListing(lines: Iterator<string>): void {
    const next = lines.next();
    if (next.done !== true) return this.#emit({ kind: "say", text: next.value });
    this.#listing = undefined;
    this.#emit({ kind: "say", text: ".\r\n" });
  }

  #ask(waitsFor: Pop3Answer["kind"], question: Pop3Event): void {
    this.#waitsFor = waitsFor;
    this.#emit(question);
  }

  #bad(text: string): void {
    this.#fail(text);
    if (++this.#badCommands >= BAD_COMMANDS_MAX) this.#close();
  }

  #say(text: string): void {
    this.#emit({ kind: "say", text: okReply(text) });
  }

  #fail(text: string, code?: ResponseCode): void {
    this.#emit({ kind: "say", text: errorReply(text, code) });
  }

  #close(): void {
    this.#state = { name: "closed" };
    this.#lines.clear();
    this.#emit({ kind: "close" });
  }

  #emit(event: Pop3Event): void {
    this.#events.push(event);
  }
}

function* listing(maildrop: Maildrop, describe: (number: number) => string): Generator<string, void> {
  let lines: string[] = [];
  for (let number = 1; number <= maildrop.lastNumber; number++) {
    if (maildrop.has(number)) lines.push(`${number} ${describe(number)}\r\n`);
    if (lines.length < LISTING_LINES_AT_ONCE) continue;
    yield lines.join("");
    lines = [];
  }
  if (lines.length > 0) yield lines.join("");
}
