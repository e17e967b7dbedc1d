/** Who sends what, for the contracts of sending. */
import assert from "node:assert/strict";
import { type HoldReason, PLAIN_SENDING, type QueueJob, type SettledRecipient } from "../queue-rows.ts";
import type { SendingRules } from "../sending-rules.ts";
import type { Store } from "../store.ts";
import { delivery, messageText, toInbox } from "./messages-for-tests.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 1440 * MINUTE_MS;
/** The beginning of a minute, and of no hour. */
export const START_MS = 1_795_000_020_000;
export const ALICE = "alice@example.test";
export const BOB = "bob@example.test";
export const HOME = "192.0.2.5";

const RULES: SendingRules = {
  isEnforced: true,
  perHour: { messages: 0, recipients: 0 },
  perDay: { messages: 0, recipients: 0 },
  burst: { messages: 0, recipients: 0 },
  historyFactor: 2,
  newNetworkPercent: 25,
};
const NO_BURST = { messages: 1000, recipients: 1000 };

interface Sent {
  readonly account?: string;
  readonly to?: readonly string[];
  /** Accounts here. */
  readonly here?: readonly number[];
  readonly atMs?: number;
  readonly client?: string;
  readonly credentialId?: number;
  readonly subject?: string;
  readonly rules?: Partial<SendingRules>;
  readonly heldFor?: HoldReason;
}

export async function send(store: Store, sent: Sent = {}): Promise<string> {
  const {
    account = ALICE,
    to = ["a@example.org"],
    here = [],
    atMs = START_MS,
    client = HOME,
    subject = "Hello",
  } = sent;
  const found = await store.findAddress(account);
  const submission = {
    accountId: found?.kind === "account" ? found.account.id : 0,
    account,
    recipients: to.length + here.length,
    client,
    credentialId: sent.credentialId ?? null,
    atMs,
    rules: { ...RULES, burst: NO_BURST, ...sent.rules },
  };
  const queued = to.map((address) => ({ address }));
  const outcome = await store.deliver({
    ...delivery(messageText(subject), here.map(toInbox), {
      queued,
      sending: { ...PLAIN_SENDING, account, heldFor: sent.heldFor },
      submission,
    }),
    receivedAtMs: atMs,
  });
  return outcome.ok ? "taken" : outcome.problem;
}

export async function states(store: Store, account?: string): Promise<readonly string[]> {
  const entries = await store.listQueue({ limit: 100, ...(account === undefined ? {} : { account }) });
  return entries.flatMap(({ recipients }) =>
    recipients.map(({ state, heldFor }) => (heldFor === null ? state : `${state} (${heldFor})`)),
  );
}

export async function claim(store: Store, nowMs: number, jobsMax = 50): Promise<readonly QueueJob[]> {
  const rooms = { rooms: [], roomDefault: 100, senderRooms: [], senderRoomDefault: 100, parked: [] };
  return store.claimQueued({ nowMs, jobsMax, recipientsPerJobMax: 100, ...rooms });
}

const BOUNCES = { isEnforced: true, percent: 20, recipientsMin: 20 };

/** One job ends so for all its recipients. */
export async function settle(
  store: Store,
  job: QueueJob,
  outcome: SettledRecipient["outcome"],
  nowMs = START_MS,
): Promise<void> {
  const count = job.recipients.length;
  const written = await store.settleQueued({
    messageId: job.message.id,
    nowMs,
    results: job.recipients.map(({ id }) => ({ id, outcome, reply: null })),
    attempt: null,
    notices: [],
    suppress: [],
    outcomes: {
      delivered: outcome.kind === "delivered" ? count : 0,
      refused: outcome.kind === "failed" ? count : 0,
      rule: BOUNCES,
    },
  });
  assert.ok(written.ok);
}
