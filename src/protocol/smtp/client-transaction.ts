/** One message to one host: who of its recipients was answered what. */
import { isPositive, type Reply } from "#mail/reply.ts";
import type { ClientStage, MessageResult, OutgoingMessage } from "./client-events.ts";

export class ClientTransaction {
  readonly message: OutgoingMessage;
  readonly #results: (MessageResult | undefined)[];
  /** Recipients that RCPT was answered yes for, by number. */
  readonly #accepted: number[] = [];
  /** LMTP: of `accepted`, how many have their reply to the message. */
  #answered = 0;
  #isContradicted = false;

  constructor(message: OutgoingMessage) {
    this.message = message;
    this.#results = message.recipients.map(() => undefined);
  }

  get results(): readonly (MessageResult | undefined)[] {
    return this.#results;
  }

  get accepted(): readonly number[] {
    return this.#accepted;
  }

  /** The server refused the sender, and took recipients all the same: whom it would give a message to, nobody knows. */
  get isContradicted(): boolean {
    return this.#isContradicted;
  }

  get isAnswered(): boolean {
    return this.#results.every((result) => result !== undefined);
  }

  recipientAnswered(recipient: number, reply: Reply): void {
    // Where MAIL was refused, no answer to RCPT changes that.
    if (this.#results[recipient] !== undefined) this.#isContradicted ||= isPositive(reply);
    else if (isPositive(reply)) this.#accepted.push(recipient);
    else this.#settle(recipient, { kind: "refused", reply, stage: "rcpt" });
  }

  /** All that have no result yet. */
  refuseRest(reply: Reply, stage: ClientStage): void {
    for (const recipient of this.#results.keys()) this.#settle(recipient, { kind: "refused", reply, stage });
  }

  /** All recipients that were accepted. */
  messageAnswered(reply: Reply): void {
    for (const recipient of this.#accepted) this.#messageAnsweredFor(recipient, reply);
  }

  /** LMTP (RFC 2033 §4.2): the next of the accepted recipients. */
  nextAnswered(reply: Reply): void {
    const recipient = this.#accepted[this.#answered++];
    if (recipient !== undefined) this.#messageAnsweredFor(recipient, reply);
  }

  #messageAnsweredFor(recipient: number, reply: Reply): void {
    this.#settle(
      recipient,
      isPositive(reply) ? { kind: "accepted", reply } : { kind: "refused", reply, stage: "final-dot" },
    );
  }

  #settle(recipient: number, result: MessageResult): void {
    this.#results[recipient] ??= result;
  }
}
