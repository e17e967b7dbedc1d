/** A decision that is still being made, and the record it becomes. */
import { isPositive, type Reply } from "#mail/reply.ts";
import {
  DECISION_RECORD_VERSION,
  type DecisionRecord,
  type Judged,
  RECORDED_RECIPIENTS_MAX,
  type RecipientOutcome,
  type Stage,
} from "#verdict/decision-record.ts";
import { type Evidence, NO_EVIDENCE } from "#verdict/evidence.ts";
import type { Policy } from "#verdict/policy.ts";
import { type Disposition, severity, type Verdict } from "#verdict/verdict.ts";
import { whatWouldChange } from "#verdict/what-would-change.ts";
import type { ListenerProtocol } from "./listener-session.ts";

/** Of the client, as it is known when the record is made. */
export interface DraftClient {
  readonly session: string;
  readonly listener: ListenerProtocol;
  readonly address: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly judged: Judged;
}

export class DecisionDraft {
  readonly id: string;
  readonly atMs: number;
  /** `local-part@domain`, empty for the null reverse-path; null before MAIL. */
  readonly mailFrom: string | null;
  /** Accepted recipients of other servers. No more than a transaction may have. */
  readonly elsewhere: string[] = [];
  readonly #recipients: RecipientOutcome[] = [];
  evidence: Evidence = NO_EVIDENCE;
  verdict: Verdict | null = null;
  stage: Stage;
  #messageId: string | null = null;
  hasArrived = false;
  /** The word for a refusal that is no verdict's. */
  reason: string | null = null;
  reply: Reply | null = null;
  /** The verdict's word where it refuses the message itself. */
  refusedBecause: string | undefined;
  /** So far nobody else was accepted. */
  isForPostmasterAlone = true;
  isMessageTaken = false;
  /** Something was added since the last record. */
  hasNews = true;

  constructor(id: string, atMs: number, stage: Stage, mailFrom: string | null) {
    this.id = id;
    this.atMs = atMs;
    this.stage = stage;
    this.mailFrom = mailFrom;
  }

  /** Somebody was asked for or refused, and the last record does not say so yet. */
  get isWorthARecord(): boolean {
    return this.hasNews && (this.#recipients.length > 0 || this.reply !== null);
  }

  get hasRefused(): boolean {
    return this.#recipients.some(({ accepted }) => !accepted);
  }

  /** What is accepted goes to the Junk folder: so does what only postmaster may have. */
  get isForJunk(): boolean {
    return this.verdict !== null && severity(this.verdict.disposition) >= severity("junk");
  }

  addRecipient(outcome: RecipientOutcome): void {
    this.stage = "rcpt";
    this.hasNews = true;
    if (!outcome.accepted || this.reply === null) {
      this.reply = outcome.reply;
      this.reason = outcome.reason;
    }
    if (this.#recipients.length < RECORDED_RECIPIENTS_MAX) this.#recipients.push(outcome);
  }

  /** Before there is a recipient. */
  refused(reply: Reply, reason: string | null): void {
    this.hasNews = true;
    this.reply = reply;
    this.reason = reason;
  }

  arrived(messageId: string | null): void {
    this.hasArrived = true;
    this.#messageId = messageId;
  }

  /** The answer to the message itself. */
  concluded(reply: Reply | null, reason: string): void {
    this.stage = "data";
    this.hasNews = true;
    this.reply = reply;
    this.isMessageTaken = reply !== null && isPositive(reply);
    this.reason = this.isMessageTaken ? null : reason;
  }

  toRecord(client: DraftClient, policy: Policy, settings: string): DecisionRecord {
    this.hasNews = false;
    const { verdict, evidence } = this;
    const disposition = this.#disposition();
    return {
      version: DECISION_RECORD_VERSION,
      id: this.id,
      session: client.session,
      atMs: this.atMs,
      listener: client.listener,
      clientAddress: client.address,
      clientName: client.name,
      account: client.account,
      mailFrom: this.mailFrom,
      recipients: [...this.#recipients],
      message: this.isMessageTaken ? this.id : null,
      messageId: this.#messageId,
      stage: this.stage,
      judged: client.judged,
      evidence,
      verdict: verdict === null ? null : withoutReply(verdict),
      disposition,
      reasons: this.#reasons(disposition),
      reply: this.reply,
      settings,
      whatWouldChangeIt: verdict === null ? [] : whatWouldChange({ evidence }, policy),
    };
  }

  /** What came of it: the message's answer; before there is one, whether anybody may have it. */
  #disposition(): Disposition {
    const { reply, stage } = this;
    const isOpen = stage !== "data" && this.#recipients.some(({ accepted }) => accepted);
    if (isOpen || (reply !== null && isPositive(reply))) return this.isForJunk ? "junk" : "accept";
    // A client that went away without an answer comes again.
    return reply === null || reply.code < 500 ? "defer" : "reject";
  }

  #reasons(disposition: Disposition): readonly string[] {
    const judged = this.verdict?.reasons ?? [];
    if (this.reason === null || disposition === "accept" || disposition === "junk") return judged;
    return [...new Set([this.reason, ...judged])];
  }
}

function withoutReply({ disposition, sum, reasons, rules }: Verdict): Omit<Verdict, "reply"> {
  return { disposition, sum, reasons, rules };
}
