/**
 * An attempt of the queue at a domain that is another node's: not over SMTP to whatever its MX says, but handed to that node,
 * with what was found out about the message here.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { type HandOver, type HandOverAnswer, PAIR_VERSION } from "#protocol/pair/messages.ts";
import type {
  Attempt,
  AttemptReport,
  AttemptStage,
  DeliveryJob,
  QueuedRecipient,
  RecipientResult,
} from "#queue/attempt.ts";
import type { Store } from "#store/store.ts";
import { ANSWER_MS, FINAL_ANSWER_MS, PIECE_OCTETS } from "./limits.ts";
import { type LinkDependencies, openLink } from "./node-link.ts";
import { LinkError, type PairLink } from "./pair-link.ts";
import type { SecondaryRecipients } from "./secondary-recipients.ts";

export interface HandOnDependencies extends LinkDependencies {
  readonly store: Pick<Store, "findHandOn" | "listPairNodes">;
  readonly recipients: Pick<SecondaryRecipients, "nodeOf">;
  /** Is this domain another node's? */
  readonly isSecondary: (domain: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** What reception wrote down beside the message. */
type Facts = Pick<
  HandOver,
  "id" | "mailFrom" | "isSenderVerified" | "receivedAtMs" | "client" | "messageId" | "score" | "reasons"
> & { readonly folders: Readonly<Record<string, HandOver["recipients"][number]["folder"]>> };

/** @param elsewhere sends what is no node's of ours. */
export function handOnAttempt(elsewhere: Attempt, deps: HandOnDependencies): Attempt {
  return (job, signal) => {
    if (!deps.isSecondary(job.destination)) return elsewhere(job, signal);
    return new HandOn(job, deps).run(signal);
  };
}

class HandOn {
  readonly #job: DeliveryJob;
  readonly #deps: HandOnDependencies;
  readonly #startedAtMs: number;
  readonly #results = new Map<number, RecipientResult>();
  #host: AttemptReport["host"];
  #finishing = false;

  constructor(job: DeliveryJob, deps: HandOnDependencies) {
    this.#job = job;
    this.#deps = deps;
    this.#startedAtMs = deps.clock.now();
  }

  async run(signal: AbortSignal): Promise<AttemptReport> {
    let why = "";
    try {
      why = await this.#try(signal);
    } catch (error) {
      const isExpected = error instanceof LinkError;
      why = isExpected ? error.message : `an error: ${String(error)}`;
      if (!isExpected) this.#deps.log.error("hand-on-broken", { queueId: this.#job.messageId, cause: String(error) });
    }
    for (const recipient of this.#job.recipients) {
      if (this.#results.has(recipient.id)) continue;
      const outcome = this.#finishing ? "outcome-unknown" : "deferred";
      this.#settle(recipient, outcome, this.#finishing ? "final-dot" : "local", {
        code: null,
        status: "4.4.1",
        text: why,
      });
    }
    return {
      results: this.#job.recipients.flatMap(({ id }) => this.#results.get(id) ?? []),
      host: this.#host,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#deps.clock.now(),
      trace: [`handed on: ${why === "" ? "done" : why}`],
    };
  }

  /** What stood in the way; empty: nothing. Rejects with `LinkError`. */
  async #try(signal: AbortSignal): Promise<string> {
    const { store, recipients } = this.#deps;
    const { messageId, destination } = this.#job;
    const written = await store.findHandOn(messageId);
    const facts = written === undefined ? unjudged(this.#job, this.#startedAtMs) : (JSON.parse(written) as Facts);
    const fingerprint = recipients.nodeOf(destination);
    const node = (await store.listPairNodes()).find((one) => one.fingerprint === fingerprint);
    if (node === undefined) return `no node that we are paired with has ${destination}`;
    if (node.address === "") return `${node.name} has told us no address to hand mail on to: set [pair] bind there`;
    const opened = await openLink(node.address, node.fingerprint, this.#deps);
    if (!opened.ok) return opened.problem;
    const link = opened.value;
    this.#host = { name: node.name, address: link.remoteAddress, tls: "TLSv1.3, verified (paired)", dsn: false };
    const stop = (): void => link.destroy();
    signal.addEventListener("abort", stop);
    try {
      await this.#over(link, facts);
      return "";
    } finally {
      signal.removeEventListener("abort", stop);
      link.end();
    }
  }

  async #over(link: PairLink, facts: Facts): Promise<void> {
    const { recipients, sizeOctets, body } = this.#job;
    const { id, mailFrom, isSenderVerified, receivedAtMs, client, messageId, score, reasons, folders } = facts;
    await link.say({
      kind: "hand-over",
      version: PAIR_VERSION,
      id,
      mailFrom,
      isSenderVerified,
      receivedAtMs,
      client: { ...client, name: client.name.slice(0, 300) },
      messageId: messageId?.slice(0, 1000) ?? null,
      score,
      reasons: reasons.slice(0, 50),
      recipients: recipients.map(({ address }) => ({ address, folder: folders[address] ?? "inbox" })),
      sizeOctets,
      body,
    });
    const { answers } = await link.hear(["recipients"], ANSWER_MS);
    const wanted = recipients.filter((recipient, index) => this.#isWanted(recipient, answers[index]));
    if (wanted.length === 0) return;
    for (let at = 0; at < sizeOctets; ) {
      const octets = await this.#job.read(at, Math.min(sizeOctets, at + PIECE_OCTETS));
      if (octets.length === 0) throw new LinkError("the message is shorter than it was");
      await link.sayOctets(Buffer.from(octets));
      at += octets.length;
    }
    if (!(await this.#job.beforeFinalDot(wanted.map((recipient) => recipient.id))))
      throw new LinkError("stopped before the end");
    this.#finishing = true;
    await link.say({ kind: "end" });
    const taken = await link.hear(["taken"], FINAL_ANSWER_MS);
    for (const [index, recipient] of wanted.entries()) this.#answered(recipient, taken.answers[index], "final-dot");
    this.#finishing = false;
  }

  /** Do its octets have to go? Otherwise it is settled already: it was there before, or is refused. */
  #isWanted(recipient: QueuedRecipient, answer: HandOverAnswer | undefined): boolean {
    if (answer?.code === 250) return true;
    // Not as the word of a server about an address, which the queue would remember: the list says what there is.
    this.#answered(recipient, answer, "data");
    return false;
  }

  #answered(recipient: QueuedRecipient, answer: HandOverAnswer | undefined, stage: AttemptStage): void {
    if (answer === undefined) return;
    const { code } = answer;
    const outcome = code < 300 ? "delivered" : code < 500 ? "deferred" : "failed";
    this.#settle(recipient, outcome, stage, answer);
  }

  #settle(
    { id }: QueuedRecipient,
    outcome: RecipientResult["outcome"],
    stage: AttemptStage,
    { code, status, text }: { readonly code: number | null; readonly status: string; readonly text: string },
  ): void {
    const byHost = code === null ? null : (this.#host?.name ?? null);
    this.#results.set(id, { recipientId: id, outcome, reply: { code, enhanced: status, text, byHost, stage } });
  }
}

/** A message that was queued before there was a pair, or by a user here. The name is its place in this node's queue. */
function unjudged({ messageId, mailFrom }: DeliveryJob, nowMs: number): Facts {
  return {
    id: `queue-${messageId}`,
    mailFrom,
    isSenderVerified: mailFrom !== "",
    receivedAtMs: nowMs,
    client: { address: "", name: "", tls: null },
    messageId: null,
    score: 0,
    reasons: [],
    folders: {},
  };
}
