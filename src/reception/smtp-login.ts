/** How a client of one connection logs in: what its exchange asks is put to the authenticator, and the end of it to the places there are. */
import type { AccountSession } from "#identity/account-sessions.ts";
import type { Identity, LoginClient } from "#identity/authenticator.ts";
import { type Reply, reply } from "#mail/reply.ts";
import type { Connection } from "#ports/connection.ts";
import type { ClearPassword } from "#protocol/sasl/clear-password.ts";
import type { SaslOffer, SaslQuestion } from "#protocol/sasl/exchange.ts";
import type { Event, Input } from "#protocol/smtp/session-events.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import { BAD_CREDENTIALS, CANNOT_VERIFY, WELCOME } from "./reception-replies.ts";
import { withId } from "./reply-with-id.ts";

type Context = Pick<
  SmtpDependencies,
  "authenticator" | "logins" | "clock" | "settings" | "protocol" | "accountSessions"
>;

export class SmtpLogin {
  readonly #connection: Connection;
  readonly #context: Context;
  #identity: Identity | undefined;
  #isGone = false;

  constructor(connection: Connection, context: Context) {
    this.#connection = connection;
    this.#context = context;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  offer(): SaslOffer {
    const { authenticator, protocol } = this.#context;
    return authenticator.offer({ protocol, tls: this.#connection.tls });
  }

  async answer(question: SaslQuestion): Promise<Input> {
    return { kind: "sasl-answer", answer: await this.#context.authenticator.answer(question, this.#client()) };
  }

  sentInClear({ username, password }: ClearPassword): void {
    const { protocol, remoteAddress } = this.#client();
    this.#context.authenticator.sentInClear({ username, password, protocol, remoteAddress });
  }

  /** The last word on an exchange. Refusals come later each time: guessing must not pay. */
  async conclude({ outcome, failures }: Extract<Event, { kind: "login" }>, session: AccountSession): Promise<Reply> {
    const { settings, logins, accountSessions } = this.#context;
    switch (outcome.kind) {
      case "unavailable":
        return CANNOT_VERIFY;
      case "refused":
        await this.#wait(settings.timeouts.authenticationFailureMs * (failures + 1));
        return BAD_CREDENTIALS;
      case "accepted": {
        const { identity } = outcome;
        // Who is gone already takes no place: nobody would give it back.
        if (this.#isGone) return WELCOME;
        const place = logins.enter(this.#connection, identity.accountId);
        if (!place.ok) return withId(reply(421, "4.7.0", place.text), this.#connection.id);
        this.#identity = identity;
        accountSessions?.enter(identity, session);
        return WELCOME;
      }
    }
  }

  gone(session: AccountSession): void {
    this.#isGone = true;
    if (this.#identity !== undefined) this.#context.accountSessions?.leave(this.#identity.accountId, session);
  }

  #client(): LoginClient {
    return { protocol: "smtp", remoteAddress: this.#connection.remote.address, tls: this.#connection.tls };
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#context.clock.after(ms, resolve));
  }
}
