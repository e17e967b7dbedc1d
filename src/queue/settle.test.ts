import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { NotifyEvent, QueuedMessage, QueueJob } from "#store/queue-rows.ts";
import type { AttemptReport, RecipientResult } from "./attempt.ts";
import { settle } from "./settle.ts";

const HOUR_MS = 3_600_000;
const SCHEDULE = { firstMs: 300_000, longestMs: 4 * HOUR_MS, expiresMs: 120 * HOUR_MS, warnsMs: 4 * HOUR_MS };

interface Facts {
  readonly outcome: RecipientResult["outcome"];
  readonly reply?: Partial<RecipientResult["reply"]>;
  readonly mailFrom?: string;
  readonly notify?: readonly NotifyEvent[];
  readonly ageMs?: number;
  readonly isWarned?: boolean;
  readonly isStopping?: boolean;
}

/** What becomes of the recipient, and who is told of what. */
function check(facts: Facts, outcome: string, reports: readonly string[]): void {
  const { mailFrom = "alice@example.test", notify, ageMs = 0, isWarned = false, isStopping = false } = facts;
  const message: QueuedMessage = {
    id: 1,
    blobId: 1,
    mailFrom,
    origin: "own",
    account: mailFrom,
    sizeOctets: 100,
    queuedAtMs: 1000,
    priority: 1,
    body: "7BIT",
    utf8: false,
    requireTls: false,
    returnContent: undefined,
    envelopeId: undefined,
    delivered: 0,
    failed: 0,
  };
  const recipient = {
    id: 7,
    address: "bob@example.org",
    domain: "example.org",
    notify,
    originalRecipient: undefined,
    state: "in-flight",
    dueMs: 0,
    attempts: 0,
    isDoubtful: false,
    isWarned,
    heldFor: null,
    lastReply: null,
  } as const;
  const job: QueueJob = { message, senderId: 1, domain: "example.org", recipients: [recipient], moreWaits: false };
  const reply = {
    code: 550,
    enhanced: "5.1.1",
    text: "no",
    byHost: "mx.example.org",
    stage: "rcpt",
    ...facts.reply,
  } as const;
  const nowMs = 1000 + ageMs;
  const report: AttemptReport = {
    results: [{ recipientId: 7, outcome: facts.outcome, reply }],
    host: undefined,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    trace: [],
  };
  const settled = settle(job, report, { schedule: SCHEDULE, nowMs, chance: () => 0.5, isStopping });
  const [result] = settled.results;
  const fate = result?.outcome;
  const words =
    fate?.kind === "waiting"
      ? `waiting ${(fate.dueMs - nowMs) / 60_000} min${fate.isDoubtful ? ", doubtful" : ""}${fate.isWarned ? ", warned" : ""}`
      : fate?.kind;
  assert.equal(words, outcome);
  assert.deepEqual(
    settled.reports.map(({ kind, recipients }) => `${kind}${recipients[0]?.isExpired === true ? " (expired)" : ""}`),
    reports,
  );
}

suite("what becomes of a recipient", () => {
  test("delivered is done, refused for good is returned", () => {
    check({ outcome: "delivered" }, "delivered", []);
    check({ outcome: "failed" }, "failed", ["failed"]);
  });

  test("deferred waits, and after five days is returned", () => {
    check({ outcome: "deferred" }, "waiting 5 min", []);
    check({ outcome: "deferred", ageMs: 120 * HOUR_MS }, "failed", ["failed (expired)"]);
    check({ outcome: "outcome-unknown" }, "waiting 5 min, doubtful", []);
  });

  test("after four hours its sender is told once", () => {
    check({ outcome: "deferred", ageMs: 4 * HOUR_MS }, "waiting 5 min, warned", ["delayed"]);
    check({ outcome: "deferred", ageMs: 4 * HOUR_MS, isWarned: true }, "waiting 5 min", []);
  });

  test("NOTIFY says who is told of what (RFC 3461 §4.1)", () => {
    const late = { outcome: "deferred", ageMs: 4 * HOUR_MS } as const;
    check({ outcome: "failed", notify: ["NEVER"] }, "failed", []);
    check({ outcome: "failed", notify: ["SUCCESS", "DELAY"] }, "failed", []);
    check({ outcome: "failed", notify: ["FAILURE"] }, "failed", ["failed"]);
    check({ ...late, notify: ["FAILURE"] }, "waiting 5 min", []);
    check({ ...late, notify: ["DELAY"] }, "waiting 5 min, warned", ["delayed"]);
    check({ ...late, notify: ["NEVER"] }, "waiting 5 min", []);
    check({ outcome: "delivered", notify: ["SUCCESS"] }, "delivered", ["relayed"]);
    check({ outcome: "delivered", notify: ["FAILURE"] }, "delivered", []);
  });

  test("nothing answers a message from <>: what cannot be delivered is kept for the administrator (R71)", () => {
    check({ outcome: "failed", mailFrom: "" }, "dead", []);
    check({ outcome: "deferred", mailFrom: "", ageMs: 4 * HOUR_MS }, "waiting 5 min", []);
    check({ outcome: "deferred", mailFrom: "", ageMs: 120 * HOUR_MS }, "dead", []);
    check({ outcome: "delivered", mailFrom: "", notify: ["SUCCESS"] }, "delivered", []);
    check({ outcome: "failed", mailFrom: "", notify: ["NEVER"] }, "failed", []);
  });

  test("a login that a relay host refuses, and 421 anywhere, are never a bounce", () => {
    check({ outcome: "failed", reply: { code: 535, stage: "auth" } }, "waiting 5 min", []);
    check({ outcome: "failed", reply: { code: 421, stage: "greeting" } }, "waiting 5 min", []);
  });

  test("what we broke off ourselves is due at once and counts for nothing", () => {
    check({ outcome: "deferred", isStopping: true, ageMs: 121 * HOUR_MS }, "waiting 0 min", []);
    check({ outcome: "outcome-unknown", isStopping: true }, "waiting 5 min, doubtful", []);
  });
});
