/** What accounts send, as limits, lists and incident sheets want it. */
import type { MessageIndex } from "#mail/mime/structure.ts";
import {
  ROWS_PER_CALL_MAX,
  SENDING_DOMAINS_SHOWN,
  SENDING_SOURCES_SHOWN,
  SENDING_SUBJECTS_READ,
  SENDING_SUBJECTS_SHOWN,
} from "../../limits.ts";
import type { SendingIncident, SendingMinute, SendingRow, SendingSource } from "../../sending-rows.ts";
import { DAY_MINUTES, minuteOf } from "../../sending-rules.ts";
import type { Database } from "../database.ts";
import { allHolds, holdOf, outcomesOf, quietUntilMs, usedBy } from "../sending-sums.ts";
import type { ReaderOperations } from "../store-methods.ts";

type SendingMethod =
  | "findSendingUse"
  | "listSendingMinutes"
  | "listSendingHolds"
  | "findSendingIncident"
  | "listSending";

export function sendingReads(db: Database): Pick<ReaderOperations, SendingMethod> {
  return {
    findSendingUse: async (account, nowMs) =>
      db.snapshot(() => ({ ...usedBy(db, account, nowMs), hold: holdOf(db, account) })),
    listSendingMinutes: async (account, nowMs) =>
      db
        .all<SendingMinute & Record<string, unknown>>(
          `SELECT minute, sum(messages) AS messages, sum(recipients) AS recipients FROM sending_minute
           WHERE account = ? AND minute > ? GROUP BY minute ORDER BY minute`,
          account,
          minuteOf(nowMs) - DAY_MINUTES,
        )
        .map((row) => ({ ...row })),
    listSendingHolds: async () => allHolds(db),
    findSendingIncident: async (account, nowMs) => db.snapshot(() => incident(db, account, nowMs)),
    listSending: async (nowMs, limit) => db.snapshot(() => listSending(db, nowMs, limit)),
  };
}

function incident(db: Database, account: string, nowMs: number): SendingIncident {
  const domains = db.all<{ domain: string; recipients: number }>(
    `SELECT domain, count(*) AS recipients ${QUEUED} GROUP BY domain ORDER BY recipients DESC, domain`,
    account,
  );
  const subjects = subjectsOf(db, account);
  return {
    account,
    hold: holdOf(db, account),
    quietUntilMs: quietUntilMs(db, account),
    ...usedBy(db, account, nowMs),
    ...outcomesOf(db, account, nowMs),
    sources: sourcesOf(db, account),
    queued: {
      messages: db.number(`SELECT count(DISTINCT message_id) ${QUEUED}`, account),
      recipients: domains.reduce((sum, { recipients }) => sum + recipients, 0),
    },
    domains: domains.slice(0, SENDING_DOMAINS_SHOWN).map((row) => ({ ...row })),
    domainCount: domains.length,
    subjects: subjects.slice(0, SENDING_SUBJECTS_SHOWN),
    subjectCount: subjects.length,
  };
}

/** Recipients of an account's mail that are still to be tried, or held. */
const QUEUED = `FROM queue_sender JOIN queue_lane ON sender_id = queue_sender.id
  JOIN queue_recipient ON lane_id = queue_lane.id WHERE account = ? AND state IN ('waiting', 'held')`;

type SourceRow = Omit<SendingSource, "credential"> & {
  readonly kind: "password" | "app-password" | null;
  readonly label: string | null;
} & Record<string, unknown>;

function sourcesOf(db: Database, account: string): readonly SendingSource[] {
  return db
    .all<SourceRow>(
      `SELECT client, nullif(credential_id, 0) AS credentialId, min(first_ms) AS firstMs, max(last_ms) AS lastMs,
         sum(messages) AS messages, sum(recipients) AS recipients, kind, label
       FROM sending_source LEFT JOIN credential ON credential.id = credential_id
       WHERE account = ? GROUP BY client, credential_id ORDER BY lastMs DESC LIMIT ?`,
      account,
      SENDING_SOURCES_SHOWN,
    )
    .map(({ kind, label, ...source }) => ({
      ...source,
      credential: kind === null ? null : { kind, label: label ?? "" },
    }));
}

/** The most frequent first. */
function subjectsOf(db: Database, account: string): readonly { readonly subject: string; readonly messages: number }[] {
  const rows = db.all<{ messageIndex: string }>(
    `SELECT message_index AS messageIndex FROM queue_message JOIN blob ON blob.id = blob_id
     WHERE account = ? ORDER BY queue_message.id DESC LIMIT ?`,
    account,
    SENDING_SUBJECTS_READ,
  );
  const counts = new Map<string, number>();
  for (const { messageIndex } of rows) {
    const subject = (JSON.parse(messageIndex) as MessageIndex).envelope.subject ?? "";
    counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  return [...counts].map(([subject, messages]) => ({ subject, messages })).toSorted((a, b) => b.messages - a.messages);
}

interface StoredSendingRow extends Record<string, unknown> {
  readonly account: string;
  readonly messages: number;
  readonly recipients: number;
  readonly delivered: number;
  readonly refused: number;
  readonly isHeld: number;
  readonly quietUntilMs: number;
}

/** Who is held is there even when it sent nothing for a day, and so is who was announced. */
function listSending(db: Database, nowMs: number, limit: number): readonly SendingRow[] {
  return db
    .all<StoredSendingRow>(
      `WITH used AS (
         SELECT account, sum(messages) AS messages, sum(recipients) AS recipients, sum(delivered) AS delivered,
           sum(refused) AS refused FROM sending_minute WHERE minute > ?1 GROUP BY account
       ), named AS (
         SELECT account FROM used UNION SELECT account FROM sending_hold WHERE is_enforced = 1
         UNION SELECT account FROM sending_quiet WHERE until_ms > ?2
       )
       SELECT named.account, coalesce(messages, 0) AS messages, coalesce(recipients, 0) AS recipients,
         coalesce(delivered, 0) AS delivered, coalesce(refused, 0) AS refused,
         coalesce((SELECT is_enforced FROM sending_hold WHERE sending_hold.account = named.account), 0) AS isHeld,
         coalesce((SELECT until_ms FROM sending_quiet
                   WHERE sending_quiet.account = named.account AND until_ms > ?2), 0) AS quietUntilMs
       FROM named LEFT JOIN used USING (account) ORDER BY isHeld DESC, recipients DESC, named.account LIMIT ?3`,
      minuteOf(nowMs) - DAY_MINUTES,
      nowMs,
      Math.min(limit, ROWS_PER_CALL_MAX),
    )
    .map(({ account, messages, recipients, delivered, refused, isHeld, quietUntilMs: quiet }) => ({
      account,
      day: { messages, recipients },
      delivered,
      refused,
      isHeld: isHeld === 1,
      quietUntilMs: quiet,
    }));
}
