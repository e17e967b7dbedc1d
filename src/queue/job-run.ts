/** One job from the moment it was given out until all that became of it is written down. */
import type { QueueJob, QueueSettlement, SettledRecipient } from "#store/queue-rows.ts";
import type { Delivery } from "#store/store.ts";
import type { AttemptReport, AttemptStage, DeliveryJob, RecipientResult } from "./attempt.ts";
import type { Report } from "./bounces/report.ts";
import type { DeliveryOutcome, DispatcherOptions } from "./dispatcher.ts";
import { NO_SPACE_RETRY_MS, SUPPRESS_FROM_TIMES, SUPPRESS_MS } from "./limits.ts";
import { type Settled, settle, suppressedReport } from "./settle.ts";
import { openStoredMessage, type StoredMessage } from "./stored-message.ts";

const UINT32 = 2 ** 32;

const OUTCOMES: Readonly<Record<SettledRecipient["outcome"]["kind"], DeliveryOutcome>> = {
  delivered: "delivered",
  waiting: "deferred",
  failed: "failed",
  dead: "failed",
};

export class JobRun {
  readonly #options: DispatcherOptions;
  readonly #signal: AbortSignal;
  #job: QueueJob;

  constructor(options: DispatcherOptions, job: QueueJob, signal: AbortSignal) {
    this.#options = options;
    this.#job = job;
    this.#signal = signal;
  }

  /**
   * Resolves when it is written down what became of it. Never rejects: a job that could not be written down is found at the
   * next start.
   * @param tried called with the report of the attempt, while it is being written down: its place is free from then on.
   */
  async run(tried: (report: AttemptReport) => void): Promise<void> {
    const { store, log } = this.#options;
    try {
      const { message } = this.#job;
      const opening = openStoredMessage(store, message, (what) => this.#options.messageLost?.(message.id, what));
      opening.catch(() => undefined); // the attempt says so
      await this.#settleSuppressed();
      if (this.#job.recipients.length === 0) return;
      const report = await this.#attempt(opening);
      const settling = this.#settle(report);
      tried(report);
      await settling;
    } catch (error) {
      log.error("queue-not-written", { queueId: this.#job.message.id, cause: String(error) });
    }
  }

  /** Recipients whose address does not exist are not tried again and again. */
  async #settleSuppressed(): Promise<void> {
    const { store, clock } = this.#options;
    const addresses = this.#job.recipients.map(({ address }) => address.toLowerCase());
    const found = await store.findSuppressed(addresses, clock.now());
    const replies = new Map(
      found.filter(({ times }) => times >= SUPPRESS_FROM_TIMES).map(({ address, reply }) => [address, reply]),
    );
    if (replies.size === 0) return;
    const isSuppressed = ({ address }: { readonly address: string }): boolean => replies.has(address.toLowerCase());
    const all = this.#job;
    this.#job = { ...all, recipients: all.recipients.filter(isSuppressed) };
    await this.#settle(suppressedReport(this.#job, replies, clock.now()));
    this.#job = { ...all, recipients: all.recipients.filter((recipient) => !isSuppressed(recipient)) };
  }

  async #attempt(opening: Promise<StoredMessage>): Promise<AttemptReport> {
    const { attempt, clock, log } = this.#options;
    const startedAtMs = clock.now();
    try {
      return await attempt(this.#deliveryJob(await opening), this.#signal);
    } catch (error) {
      log.error("attempt-failed", { queueId: this.#job.message.id, cause: String(error) });
      const reply = {
        code: null,
        enhanced: "4.3.0",
        text: `The message could not be read: ${String(error)}`,
        byHost: null,
        stage: "local" as const,
      };
      const results = this.#job.recipients.map(
        ({ id }): RecipientResult => ({ recipientId: id, outcome: "deferred", reply }),
      );
      return { results, host: undefined, startedAtMs, endedAtMs: clock.now(), trace: [] };
    }
  }

  #deliveryJob(stored: StoredMessage): DeliveryJob {
    const { store, log } = this.#options;
    const { message, recipients, domain, moreWaits } = this.#job;
    const { id, mailFrom, origin, body, utf8, requireTls, returnContent, envelopeId } = message;
    return {
      messageId: id,
      mailFrom,
      recipients: recipients.map(({ id: recipientId, address, notify, originalRecipient }) => ({
        id: recipientId,
        address,
        notify,
        originalRecipient,
      })),
      destination: domain,
      origin,
      sizeOctets: stored.sizeOctets,
      body,
      utf8,
      requireTls,
      returnContent,
      envelopeId,
      moreWaits,
      read: (start, end) => stored.read(start, end),
      beforeFinalDot: async (ids) => {
        try {
          return await store.markFinishing(ids);
        } catch (error) {
          log.error("final-dot-not-noted", { queueId: id, cause: String(error) });
          return false;
        }
      },
    };
  }

  async #settle(report: AttemptReport): Promise<void> {
    const { store, settings, clock } = this.#options;
    const nowMs = clock.now();
    const settled = settle(this.#job, report, {
      schedule: settings.schedule,
      nowMs,
      chance: () => this.#chance(),
      isStopping: this.#signal.aborted,
    });
    const told = await this.#notices(settled, report);
    const settlement: QueueSettlement = {
      messageId: this.#job.message.id,
      nowMs,
      results: told.results,
      attempt: JSON.stringify({ startedAtMs: report.startedAtMs, host: report.host, trace: report.trace }),
      notices: told.notices,
      ...this.#outcomes(settled, report),
      suppress: settled.nonexistent.map(({ address, reply }) => ({
        address: address.toLowerCase(),
        reply,
        untilMs: nowMs + SUPPRESS_MS,
      })),
    };
    const written = await store.settleQueued(settlement);
    if (!written.ok) await this.#withoutReports(settlement, nowMs);
    this.#tell(settled);
    this.#log(report);
    this.#options.attempted?.(this.#job.message.id, report);
  }

  #tell({ results }: Settled): void {
    for (const { outcome } of results) {
      // Broken off as the server stops: no try.
      if (outcome.kind === "waiting" && this.#signal.aborted && !outcome.isDoubtful) continue;
      this.#options.hearOutcome?.(OUTCOMES[outcome.kind]);
    }
  }

  /** What other servers said of the account: expired mail is not among it, nor what was never tried. */
  #outcomes({ results }: Settled, report: AttemptReport): Pick<QueueSettlement, "outcomes"> {
    const rule = this.#options.settings.bounceRule;
    if (rule === undefined || this.#job.message.account === "") return {};
    const refusedIds = new Set(report.results.filter(isRefusal).map(({ recipientId }) => recipientId));
    return {
      outcomes: {
        delivered: results.filter(({ outcome }) => outcome.kind === "delivered").length,
        refused: results.filter((result) => isGivenUp(result) && refusedIds.has(result.id)).length,
        rule,
      },
    };
  }

  /** A failure of which nobody can be told is kept for the administrator: it is not as if nothing had been. */
  async #notices(settled: Settled, attempt: AttemptReport): Promise<Pick<QueueSettlement, "results" | "notices">> {
    const notices: Delivery[] = [];
    let { results } = settled;
    for (const report of settled.reports) {
      // A server that knows DSN tells of success itself (RFC 3461 §5.2.1).
      if (report.kind === "relayed" && attempt.host?.dsn === true) continue;
      const notice = await this.#options.bounces.deliveryOf(report);
      if (notice !== undefined) notices.push(notice);
      else if (report.kind === "failed") results = results.map((result) => deadIf(result, report));
    }
    return { results, notices };
  }

  /** No room for a report: who failed waits, so that it is told later. */
  async #withoutReports(settlement: QueueSettlement, nowMs: number): Promise<void> {
    const { store, log } = this.#options;
    log.error("no-space-for-report", { queueId: settlement.messageId });
    const dueMs = nowMs + NO_SPACE_RETRY_MS;
    const results = settlement.results.map((result) =>
      result.outcome.kind === "failed"
        ? { ...result, outcome: { kind: "waiting", dueMs, isDoubtful: false, isWarned: false } as const }
        : result,
    );
    await store.settleQueued({ ...settlement, results, notices: [] });
  }

  #log({ results, host, startedAtMs, endedAtMs }: AttemptReport): void {
    const { message, recipients } = this.#job;
    const rows = new Map(recipients.map((recipient) => [recipient.id, recipient]));
    for (const { recipientId, outcome, reply } of results) {
      this.#options.log.info("delivery", {
        queueId: message.id,
        account: message.account,
        mailFrom: message.mailFrom,
        recipient: rows.get(recipientId)?.address,
        outcome,
        // An earlier try may have arrived: this one may be the second.
        doubtful: rows.get(recipientId)?.isDoubtful,
        host: host?.name,
        address: host?.address,
        tls: host?.tls,
        ...reply,
        tookMs: endedAtMs - startedAtMs,
      });
    }
  }

  #chance(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#options.random.bytes(4);
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / UINT32;
  }
}

function isGivenUp({ outcome: { kind } }: SettledRecipient): boolean {
  return kind === "failed" || kind === "dead";
}

/**
 * Where a refusal is about the recipient or the message. One before is about us, and so is one of policy at RCPT, where most
 * servers turn listed addresses away: a block list would cost all users their turn.
 */
const TELLING_STAGES: ReadonlySet<AttemptStage> = new Set(["dns", "rcpt", "data", "final-dot"]);
/** Security or policy (RFC 3463 §3.8), and of it what is said of the sending host and domain (RFC 7372). */
const POLICY = "5.7.";
const OUR_AUTHENTICATION = /^5\.7\.2[0-9]$/;

function isRefusal({ outcome, reply: { stage, enhanced } }: RecipientResult): boolean {
  if (outcome !== "failed" || !TELLING_STAGES.has(stage)) return false;
  if (enhanced === null) return true;
  return !(stage === "rcpt" && enhanced.startsWith(POLICY)) && !OUR_AUTHENTICATION.test(enhanced);
}

function deadIf(result: QueueSettlement["results"][number], { recipients }: Report): typeof result {
  const isAbout = recipients.some(({ recipient }) => recipient.id === result.id);
  return isAbout ? { ...result, outcome: { kind: "dead" } } : result;
}
