/** From an attempt's report to what is written down of it: who is done, who waits until when, and who is told. Pure. */
import type { QueuedRecipientRow, QueueJob, SettledRecipient } from "#store/queue-rows.ts";
import { type AttemptReport, RECIPIENTS_PER_ATTEMPT_MAX, type RecipientResult, type RemoteReply } from "./attempt.ts";
import type { Report, ReportedRecipient, ReportKind } from "./bounces/report.ts";
import { REPLY_TEXT_OCTETS_MAX } from "./limits.ts";
import { isLate, nextAttemptMs, type Schedule } from "./schedule.ts";

export interface Settled {
  readonly results: readonly SettledRecipient[];
  readonly reports: readonly Report[];
  /** Recipients that, as their servers say, do not exist. */
  readonly nonexistent: readonly { readonly address: string; readonly reply: string }[];
}

export interface SettleFacts {
  readonly schedule: Schedule;
  readonly nowMs: number;
  /** From 0 up to 1, a new one each time. */
  readonly chance: () => number;
  /** The attempt was broken off, as the server stops: that is nobody's failure. */
  readonly isStopping: boolean;
}

/** Mailboxes that do not exist (RFC 3463 §3.2): bad address, moved, null MX (RFC 7505). */
const NONEXISTENT = new Set(["5.1.1", "5.1.6", "5.1.10"]);

export function settle(job: QueueJob, report: AttemptReport, facts: SettleFacts): Settled {
  const results = new Map(report.results.map((result) => [result.recipientId, result]));
  const told: Record<ReportKind, ReportedRecipient[]> = { failed: [], delayed: [], relayed: [] };
  const settled: SettledRecipient[] = [];
  const nonexistent: { address: string; reply: string }[] = [];
  for (const recipient of job.recipients) {
    const result = bounded(results.get(recipient.id) ?? noResult(recipient));
    const fate = fateOf(job, recipient, result, facts);
    settled.push({ id: recipient.id, outcome: fate.outcome, reply: JSON.stringify(result.reply) });
    if (fate.report !== undefined) {
      told[fate.report].push({ recipient, reply: result.reply, isExpired: fate.isExpired });
    }
    if (isNonexistent(result)) nonexistent.push({ address: recipient.address, reply: JSON.stringify(result.reply) });
  }
  const about = {
    message: job.message,
    host: report.host,
    atMs: report.endedAtMs,
    untilMs: job.message.queuedAtMs + facts.schedule.expiresMs,
  };
  const kinds: readonly ReportKind[] = ["failed", "delayed", "relayed"];
  const reports = kinds.flatMap((kind) =>
    told[kind].length === 0 ? [] : [{ kind, recipients: told[kind], ...about }],
  );
  // A server that says so of each of many is not to be believed so easily.
  const isBelieved = nonexistent.length < RECIPIENTS_PER_ATTEMPT_MAX / 2;
  return { results: settled, reports, nonexistent: isBelieved ? nonexistent : [] };
}

interface Fate {
  readonly outcome: SettledRecipient["outcome"];
  readonly report: ReportKind | undefined;
  readonly isExpired: boolean;
}

function fateOf(job: QueueJob, recipient: QueuedRecipientRow, result: RecipientResult, facts: SettleFacts): Fate {
  switch (kindOf(result)) {
    case "delivered":
      return { outcome: { kind: "delivered" }, report: relayed(job, recipient), isExpired: false };
    case "failed":
      return { ...givenUp(job, recipient), isExpired: false };
    case "deferred":
      return later(job, recipient, facts, false);
    case "outcome-unknown":
      return later(job, recipient, facts, true);
  }
}

/** That our own credentials or certificate are refused says nothing of the message: the operator has to act, not the sender. */
function kindOf({ outcome, reply: { stage, code } }: RecipientResult): RecipientResult["outcome"] {
  const isOurs = stage === "auth" || code === 421;
  return outcome === "failed" && isOurs ? "deferred" : outcome;
}

/** Nothing is said about what was said about a message (RFC 5321 §6.1): the administrator can see it. */
function givenUp({ message }: QueueJob, { notify }: QueuedRecipientRow): Omit<Fate, "isExpired"> {
  if (notify !== undefined && !notify.includes("FAILURE")) return { outcome: { kind: "failed" }, report: undefined };
  if (message.mailFrom === "") return { outcome: { kind: "dead" }, report: undefined };
  return { outcome: { kind: "failed" }, report: "failed" };
}

function relayed({ message }: QueueJob, { notify }: QueuedRecipientRow): ReportKind | undefined {
  return message.mailFrom !== "" && notify?.includes("SUCCESS") === true ? "relayed" : undefined;
}

function later(job: QueueJob, recipient: QueuedRecipientRow, facts: SettleFacts, isDoubtful: boolean): Fate {
  const { schedule, nowMs, isStopping, chance } = facts;
  const { queuedAtMs, mailFrom } = job.message;
  if (isStopping && !isDoubtful) return { outcome: waiting(nowMs, false, false), report: undefined, isExpired: false };
  const attempts = recipient.attempts + 1;
  const dueMs = nextAttemptMs(schedule, { attempts, queuedAtMs, nowMs, chance: chance() });
  if (dueMs === "expired") return { ...givenUp(job, recipient), isExpired: true };
  const { notify, isWarned } = recipient;
  const wantsWarning = mailFrom !== "" && (notify === undefined || notify.includes("DELAY"));
  const warns = wantsWarning && !isWarned && isLate(schedule, queuedAtMs, nowMs);
  return { outcome: waiting(dueMs, isDoubtful, warns), report: warns ? "delayed" : undefined, isExpired: false };
}

function waiting(dueMs: number, isDoubtful: boolean, isWarned: boolean): SettledRecipient["outcome"] {
  return { kind: "waiting", dueMs, isDoubtful, isWarned };
}

function isNonexistent({ outcome, reply: { enhanced, stage, code } }: RecipientResult): boolean {
  if (outcome !== "failed" || enhanced === null || !NONEXISTENT.has(enhanced)) return false;
  return stage === "rcpt" ? code === 550 : stage === "dns";
}

function noResult({ id }: QueuedRecipientRow): RecipientResult {
  const reply: RemoteReply = {
    code: null,
    enhanced: "4.3.0",
    text: "The attempt said nothing about this recipient",
    byHost: null,
    stage: "local",
  };
  return { recipientId: id, outcome: "deferred", reply };
}

function bounded(result: RecipientResult): RecipientResult {
  const { text } = result.reply;
  if (text.length <= REPLY_TEXT_OCTETS_MAX) return result;
  return { ...result, reply: { ...result.reply, text: `${text.slice(0, REPLY_TEXT_OCTETS_MAX)}…` } };
}

/** For recipients that are not tried at all: their address did not exist the last times. */
export function suppressedReport(job: QueueJob, replies: ReadonlyMap<string, string>, nowMs: number): AttemptReport {
  const results = job.recipients.map(({ id, address }): RecipientResult => {
    const last = JSON.parse(replies.get(address.toLowerCase()) ?? "{}") as Partial<RemoteReply>;
    const text = `Not sent: this address was refused the last times as one that does not exist: ${last.text ?? ""}`;
    const reply: RemoteReply = {
      code: null,
      enhanced: "5.1.1",
      text,
      byHost: last.byHost ?? null,
      stage: "local",
    };
    return { recipientId: id, outcome: "failed", reply };
  });
  return { results, host: undefined, startedAtMs: nowMs, endedAtMs: nowMs, trace: ["suppressed: not tried"] };
}
