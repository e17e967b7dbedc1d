/** What is known of each recipient while hosts are tried, and what it comes to when none is left. */
import type { DeliveryJob, QueuedRecipient, RecipientResult, RemoteReply } from "#queue/attempt.ts";

interface Standing {
  readonly recipient: QueuedRecipient;
  result: RecipientResult | undefined;
  /** Last "not now" of a host. */
  temporary: RemoteReply | undefined;
  /** Last "never" of a host that spoke for itself alone: the next one may think otherwise. */
  permanent: RemoteReply | undefined;
}

const NOBODY: RemoteReply = {
  code: null,
  enhanced: "4.4.1",
  text: "No host was tried",
  byHost: null,
  stage: "connect",
};

export class RecipientLedger {
  readonly #standings: readonly Standing[];

  constructor({ recipients }: DeliveryJob) {
    this.#standings = recipients.map((recipient) => ({
      recipient,
      result: undefined,
      temporary: undefined,
      permanent: undefined,
    }));
  }

  /** Those without a result. */
  get open(): readonly QueuedRecipient[] {
    return this.#standings.filter(({ result }) => result === undefined).map(({ recipient }) => recipient);
  }

  /** Settles one for good. */
  settle(recipient: QueuedRecipient, outcome: RecipientResult["outcome"], reply: RemoteReply): void {
    const standing = this.#of(recipient);
    standing.result ??= { recipientId: recipient.id, outcome, reply };
  }

  /** What this host says may be different at the next one. */
  note(recipient: QueuedRecipient, severity: "temporary" | "permanent", reply: RemoteReply): void {
    this.#of(recipient)[severity] = reply;
  }

  noteAll(severity: "temporary" | "permanent", reply: RemoteReply): void {
    for (const recipient of this.open) this.note(recipient, severity, reply);
  }

  /** As long as one host only said "not now", all of them are asked again. */
  results(): readonly RecipientResult[] {
    return this.#standings.map(({ recipient, result, temporary, permanent }) => {
      if (result !== undefined) return result;
      if (temporary === undefined && permanent !== undefined) {
        return { recipientId: recipient.id, outcome: "failed", reply: permanent };
      }
      return { recipientId: recipient.id, outcome: "deferred", reply: temporary ?? NOBODY };
    });
  }

  #of(recipient: QueuedRecipient): Standing {
    const standing = this.#standings.find((one) => one.recipient === recipient);
    if (standing === undefined) throw new Error("a recipient of another message");
    return standing;
  }
}
