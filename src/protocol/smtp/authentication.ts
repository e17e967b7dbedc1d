/** The session's side of AUTH (RFC 4954): one exchange at a time, failures counted, success once. */
import type { Reply } from "#mail/reply.ts";
import { AuthDialogue } from "./auth-dialogue.ts";
import type { Outbox } from "./outbox.ts";
import type { Event } from "./session-events.ts";
import { SASL_LINE_TOO_LONG, TOO_MANY_FAILURES, UNKNOWN_MECHANISM } from "./session-replies.ts";

export class Authentication {
  readonly #out: Outbox;
  readonly #failuresMax: number;
  #dialogue: AuthDialogue | undefined;
  #failures = 0;
  #succeeded = false;

  constructor(out: Outbox, failuresMax: number) {
    this.#out = out;
    this.#failuresMax = failuresMax;
  }

  get succeeded(): boolean {
    return this.#succeeded;
  }

  /** The next line is a response, whatever it looks like. */
  get underway(): boolean {
    return this.#dialogue !== undefined;
  }

  /** Whether AUTH may stand here is the session's affair. Returns the question when all is said. */
  begin(mechanism: string, initialResponse: string | undefined): Event | undefined {
    this.#dialogue = AuthDialogue.start(mechanism);
    if (this.#dialogue === undefined) this.#out.error(UNKNOWN_MECHANISM);
    return this.step(initialResponse);
  }

  step(response: string | undefined): Event | undefined {
    const dialogue = this.#dialogue;
    if (dialogue === undefined) return undefined;
    const step = dialogue.step(response);
    if (step.kind !== "challenge") this.#dialogue = undefined;
    switch (step.kind) {
      case "challenge":
        this.#out.say(step.reply);
        return undefined;
      case "refused":
        if (step.reply.code === 535) this.#failed(step.reply);
        else this.#out.error(step.reply);
        return undefined;
      case "credentials": {
        const { username, password } = step;
        return { kind: "credentials", mechanism: dialogue.mechanism, username, password, failures: this.#failures };
      }
    }
  }

  lineTooLong(): void {
    this.#dialogue = undefined;
    this.#out.error(SASL_LINE_TOO_LONG);
  }

  /** 235 lets the client in, 535 counts as a failure. */
  answer(answer: Reply): void {
    this.#succeeded = answer.code === 235;
    if (answer.code === 535) this.#failed(answer);
    else this.#out.say(answer);
  }

  #failed(answer: Reply): void {
    if (++this.#failures >= this.#failuresMax) this.#out.end(TOO_MANY_FAILURES, "authentication-failures");
    else this.#out.say(answer);
  }
}
