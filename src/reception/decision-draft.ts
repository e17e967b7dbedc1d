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
import { type Filing, forRecipient, type PartyOutcome } from "#verdict/parties.ts";
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
  /** Whose verdict it is: the policy and account of the one it goes mildest with. */
  decidedFor: { readonly account: string; readonly policy: Policy } | null = null;
  /** Where an accepted message goes, with that one. */
  filing: Filing = "inbox";
  parties: readonly PartyOutcome[] = [];
  /** What was to be kept back is in Junk. */
  isQuarantineFull = false;
  /** The greylist was told that the sender is to wait. Once is enough, in shadow too. */
  isGreylistNoted = false;
  /** The client's spam was told to the gate. */
  isSpamTold = false;
  stage: Stage;
  messageId: string | null = null;
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

  /** What came of it at the end; undefined where nobody was asked for, or the client left before it said anything. */
  get outcome(): Disposition | undefined {
    const isOpen = this.stage !== "data" && this.#recipients.some(({ accepted }) => accepted);
    return isOpen || (this.#recipients.length === 0 && this.reply === null) ? undefined : this.#disposition();
  }

  get hasRefused(): boolean {
    return this.#recipients.some(({ accepted }) => !accepted);
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
    this.messageId = messageId;
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
    const { verdict, evidence, decidedFor, parties } = this;
    const judged = decidedFor === null ? evidence : forRecipient(evidence, decidedFor.account);
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
      messageId: this.messageId,
      stage: this.stage,
      judged: client.judged,
      evidence,
      ...(parties.length === 0 ? {} : { parties: parties.map((one) => this.#asFiled(one)) }),
      verdict: verdict === null ? null : withoutReply(verdict),
      disposition,
      reasons: this.#reasons(disposition),
      reply: this.reply,
      settings,
      whatWouldChangeIt: verdict === null ? [] : whatWouldChange({ evidence: judged }, decidedFor?.policy ?? policy),
    };
  }

  /** What came of it: the message's answer; before there is one, whether anybody may have it. */
  #disposition(): Disposition {
    const { reply, stage } = this;
    const isOpen = stage !== "data" && this.#recipients.some(({ accepted }) => accepted);
    if (isOpen || (reply !== null && isPositive(reply))) {
      const filed = this.#asFiled({ filed: this.filing }).filed;
      return filed === "inbox" || filed === null ? "accept" : filed;
    }
    // A client that went away without an answer comes again.
    return reply === null || reply.code < 500 ? "defer" : "reject";
  }

  /** Without room for it, it is not kept back. */
  #asFiled<Filed extends { readonly filed: Filing | null }>(one: Filed): Filed {
    return this.isQuarantineFull && one.filed === "quarantine" ? { ...one, filed: "junk" } : one;
  }

  #reasons(disposition: Disposition): readonly string[] {
    const judged = this.verdict?.reasons ?? [];
    if (this.isQuarantineFull) return [...judged, "quarantine-full"];
    if (this.reason === null || severity(disposition) <= severity("quarantine")) return judged;
    return [...new Set([this.reason, ...judged])];
  }
}

function withoutReply({ disposition, sum, reasons, rules }: Verdict): Omit<Verdict, "reply"> {
  return { disposition, sum, reasons, rules };
}
