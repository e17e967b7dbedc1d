/** Rows of the quarantine, for the reader and for the writer that changes them. */
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { QuarantinedRecipient, QuarantineFigures, QuarantineQuery, QuarantineRow } from "../../quarantine-row.ts";
import type { BlobId } from "../../store.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

interface StoredRow extends Record<string, unknown> {
  readonly id: string;
  readonly blobId: BlobId | null;
  readonly mailFrom: string;
  readonly client: string;
  readonly messageId: string | null;
  readonly score: number;
  readonly reasons: string;
  readonly sizeOctets: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

const COLUMNS = `id, blob_id AS blobId, mail_from AS mailFrom, client, message_id AS messageId, score, reasons,
  size_octets AS sizeOctets, since_ms AS sinceMs, until_ms AS untilMs`;
const RECIPIENTS = `SELECT account_id AS accountId, address, state, changed_ms AS changedMs FROM quarantine_recipient
  WHERE quarantine_id = ? ORDER BY address`;

export function quarantineReads(
  db: Database,
): Pick<ReaderOperations, "findQuarantined" | "listQuarantine" | "countQuarantine"> {
  return {
    findQuarantined: async (id) => db.snapshot(() => quarantineRow(db, id)),
    listQuarantine: async (query) => db.snapshot(() => listQuarantine(db, query)),
    countQuarantine: async () => quarantineFigures(db),
  };
}

export function quarantineRow(db: Database, id: string): QuarantineRow | undefined {
  const row = db.get<StoredRow>(`SELECT ${COLUMNS} FROM quarantine WHERE id = ?`, id);
  return row === undefined ? undefined : withRecipients(db, row);
}

export function quarantineFigures(db: Database): QuarantineFigures {
  const row = db.get<{ messages: number; sizeOctets: number }>(
    `SELECT count(*) AS messages, coalesce(sum(size_octets), 0) AS sizeOctets FROM quarantine
     WHERE blob_id IS NOT NULL`,
  );
  return { messages: row?.messages ?? 0, sizeOctets: row?.sizeOctets ?? 0 };
}

/** What is held; for one account what is held for it. */
function listQuarantine(db: Database, { accountId, limit, after }: QuarantineQuery): readonly QuarantineRow[] {
  const { sinceMs, id } = after ?? { sinceMs: Number.MAX_SAFE_INTEGER, id: "" };
  const isItsOwn = `(?1 IS NULL OR EXISTS (SELECT 1 FROM quarantine_recipient
    WHERE quarantine_id = id AND account_id = ?1 AND state = 'held'))`;
  const rows = db.all<StoredRow>(
    `SELECT ${COLUMNS} FROM quarantine
     WHERE blob_id IS NOT NULL AND (since_ms, id) < (?2, ?3) AND ${isItsOwn}
     ORDER BY since_ms DESC, id DESC LIMIT ?4`,
    accountId ?? null,
    sinceMs,
    id,
    Math.min(limit, ROWS_PER_CALL_MAX),
  );
  return rows.map((row) => withRecipients(db, row));
}

function withRecipients(db: Database, row: StoredRow): QuarantineRow {
  const recipients = db.all<QuarantinedRecipient & Record<string, unknown>>(RECIPIENTS, row.id);
  return { ...row, reasons: JSON.parse(row.reasons) as string[], recipients: recipients.map((one) => ({ ...one })) };
}
