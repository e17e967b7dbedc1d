/** The session's side of AUTH (RFC 4954): one exchange at a time, failures counted, success once. */
import type { Reply } from "#mail/reply.ts";
import { decodeSaslBase64 } from "../sasl/base64.ts";
import { clearPassword } from "../sasl/clear-password.ts";
import type { SaslAnswer } from "../sasl/exchange.ts";
import { AuthDialogue, type DialogueStep } from "./auth-dialogue.ts";
import type { Outbox } from "./outbox.ts";
import type { Event } from "./session-events.ts";
import { CREDENTIAL_NEEDS_TLS, SASL_LINE_TOO_LONG, TOO_MANY_FAILURES, unknownMechanism } from "./session-replies.ts";
import type { SessionSettings } from "./session-settings.ts";

type Settings = Pick<SessionSettings, "sasl" | "authenticationFailuresMax">;

export class Authentication {
  readonly #out: Outbox;
  readonly #settings: Settings;
  #dialogue: AuthDialogue | undefined;
  /** A question is open; a line that comes now is no response. */
  #asked = false;
  #failures = 0;
  #succeeded = false;

  constructor(out: Outbox, settings: Settings) {
    this.#out = out;
    this.#settings = settings;
  }

  get succeeded(): boolean {
    return this.#succeeded;
  }

  /** The next line is a response, whatever it looks like. */
  get underway(): boolean {
    return this.#dialogue !== undefined && !this.#asked;
  }

  /** Whether AUTH may stand here is the session's affair. Returns the question there is, if any. */
  begin(mechanism: string, initialResponse: string | undefined): Event | undefined {
    const offer = this.#settings.sasl();
    this.#dialogue = AuthDialogue.start(mechanism, offer);
    if (this.#dialogue === undefined) this.#out.error(unknownMechanism(offer.mechanisms));
    return this.step(initialResponse);
  }

  /** AUTH outside TLS: refused unread, whatever it holds. A password in it has been seen by others, and that is told. */
  refuseInClear(mechanism: string, initialResponse: string | undefined): void {
    this.#out.error(CREDENTIAL_NEEDS_TLS);
    const sent = clearPassword(mechanism, decodeSaslBase64(initialResponse ?? ""));
    if (sent !== undefined) this.#out.emit({ kind: "clear-password", ...sent });
  }

  step(response: string | undefined): Event | undefined {
    return this.#dialogue && this.#met(this.#dialogue, this.#dialogue.step(response));
  }

  /** What was asked has its answer. */
  answered(answer: SaslAnswer): Event | undefined {
    this.#asked = false;
    return this.#dialogue && this.#met(this.#dialogue, this.#dialogue.answer(answer));
  }

  lineTooLong(): void {
    this.#dialogue = undefined;
    this.#out.error(SASL_LINE_TOO_LONG);
  }

  /** The last word: 235 lets the client in, 535 counts as a failure. */
  conclude(answer: Reply): void {
    this.#succeeded = answer.code === 235;
    if (answer.code !== 535 || ++this.#failures < this.#settings.authenticationFailuresMax) this.#out.say(answer);
    else this.#out.end(TOO_MANY_FAILURES, "authentication-failures");
  }

  #met({ mechanism }: AuthDialogue, step: DialogueStep): Event | undefined {
    switch (step.kind) {
      case "challenge":
        this.#out.say(step.reply);
        return undefined;
      case "question":
        this.#asked = true;
        return { kind: "sasl", mechanism, question: step.question };
      case "broken-off":
        this.#dialogue = undefined;
        this.#out.error(step.reply);
        return undefined;
      case "over":
        this.#dialogue = undefined;
        return { kind: "login", mechanism, outcome: step.outcome, failures: this.#failures };
    }
  }
}
