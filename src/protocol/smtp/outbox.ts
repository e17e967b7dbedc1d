/** What a session says in one turn, and its patience with the client. */
import type { Reply } from "#mail/reply.ts";
import type { CloseReason, Event, Signal } from "./session-events.ts";
import { TOO_MANY_ERRORS } from "./session-replies.ts";

export class Outbox {
  readonly #errorsMax: number;
  #events: Event[] = [];
  #errors = 0;
  #useless = 0;
  #closed = false;

  constructor(errorsMax: number) {
    this.#errorsMax = errorsMax;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The events since the last call. */
  take(): readonly Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  emit(event: Event): void {
    if (!this.#closed) this.#events.push(event);
  }

  say(answer: Reply): void {
    this.emit({ kind: "reply", reply: answer });
  }

  signal(name: Signal): void {
    this.emit({ kind: "signal", name });
  }

  /** Says it and counts it; one too many and the client hears that instead. */
  error(answer: Reply): void {
    this.#errors++;
    this.#sayOrLosePatience(answer);
  }

  /** A command that is fine and brings no message nearer. */
  waste(answer: Reply): void {
    this.#useless++;
    this.#sayOrLosePatience(answer);
  }

  /** A message came to its end: what led there was not useless. */
  calm(): void {
    this.#useless = 0;
  }

  end(lastWords: Reply, reason: CloseReason): void {
    this.say(lastWords);
    this.close(reason, false);
  }

  close(reason: CloseReason, abrupt: boolean): void {
    this.emit({ kind: "close", reason, abrupt });
    this.#closed = true;
  }

  #sayOrLosePatience(answer: Reply): void {
    if (this.#errors + this.#useless <= this.#errorsMax) this.say(answer);
    else this.end(TOO_MANY_ERRORS, "too-many-errors");
  }
}
