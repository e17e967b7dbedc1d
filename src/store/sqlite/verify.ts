/** Does everything in the store agree with everything else? Reads all rows and looks at all files; changes nothing. */
import { BlobFiles } from "./blob-files.ts";
import { dataFolder } from "./data-folder.ts";
import type { Database } from "./database.ts";
import { openForReading } from "./open-database.ts";

export interface StoreFinding {
  readonly kind: "damaged-database" | "wrong-counter" | "wrong-reference-count" | "missing-message" | "missing-file";
  readonly text: string;
}

/** Each query lists what must not be; its one column says what it is. */
const CHECKS: readonly (readonly [StoreFinding["kind"], string])[] = [
  [
    "wrong-counter",
    `SELECT 'folder ' || folder.id || ' does not count its messages right'
     FROM folder LEFT JOIN (
       SELECT folder_id, count(*) AS messages, sum(flags & 1 = 0) AS unseen, sum(flags & 8 <> 0) AS deleted,
         sum(uid >= recent_from) AS recent, sum(message.size_octets) AS octets, max(uid) AS last_uid,
         max(mod_seq) AS last_mod_seq
       FROM message JOIN folder ON folder.id = folder_id GROUP BY folder_id
     ) AS held ON held.folder_id = folder.id
     WHERE folder.messages <> coalesce(held.messages, 0) OR folder.unseen <> coalesce(held.unseen, 0)
       OR folder.deleted <> coalesce(held.deleted, 0) OR folder.recent <> coalesce(held.recent, 0)
       OR folder.size_octets <> coalesce(octets, 0) OR uid_next <= coalesce(last_uid, 0)
       OR highest_mod_seq < coalesce(last_mod_seq, 0)`,
  ],
  [
    "wrong-counter",
    `SELECT 'account ' || account.address || ' does not add up its folders right'
     FROM account LEFT JOIN (
       SELECT account_id, sum(messages) AS messages, sum(size_octets) AS octets FROM folder GROUP BY account_id
     ) AS held ON account_id = account.id
     WHERE used_messages <> coalesce(messages, 0) OR used_octets <> coalesce(octets, 0)`,
  ],
  [
    "wrong-counter",
    `SELECT 'folder ' || folder.id || ' does not count its expunged UIDs right' FROM folder
     WHERE expunged <> (SELECT count(*) FROM expunged WHERE folder_id = folder.id)`,
  ],
  [
    "wrong-counter",
    `SELECT 'UID ' || uid || ' of folder ' || folder_id || ' is both there and expunged'
     FROM expunged JOIN message USING (folder_id, uid)`,
  ],
  [
    "wrong-reference-count",
    `SELECT 'message ' || blob.id || ' is held ' || coalesce(held, 0) || ' times, not ' || reference_count
     FROM blob LEFT JOIN (
       SELECT blob_id, count(*) AS held
       FROM (SELECT blob_id FROM message UNION ALL SELECT blob_id FROM queue_message
             UNION ALL SELECT blob_id FROM quarantine WHERE blob_id IS NOT NULL) GROUP BY blob_id
     ) AS holders ON blob_id = blob.id
     WHERE reference_count <> coalesce(held, 0)`,
  ],
  [
    "missing-message",
    `SELECT 'UID ' || uid || ' of folder ' || folder_id || ' has no message or no folder' FROM message
     WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = blob_id AND blob.size_octets = message.size_octets)
       OR NOT EXISTS (SELECT 1 FROM folder WHERE folder.id = folder_id)`,
  ],
  [
    "missing-message",
    `SELECT 'queue entry ' || id || ' has no message, or no recipient' FROM queue_message
     WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = blob_id)
       OR NOT EXISTS (SELECT 1 FROM queue_recipient WHERE message_id = queue_message.id)`,
  ],
  [
    "missing-message",
    `SELECT 'queued recipient ' || id || ' has no message, or no lane' FROM queue_recipient
     WHERE NOT EXISTS (SELECT 1 FROM queue_message WHERE queue_message.id = message_id)
       OR NOT EXISTS (SELECT 1 FROM queue_lane WHERE queue_lane.id = lane_id)`,
  ],
  [
    "wrong-counter",
    `SELECT 'lane ' || id || ' of the queue does not know its turn' FROM queue_lane
     WHERE turn_ms IS NOT
       (SELECT max(min(due_ms), served_ms) FROM queue_recipient WHERE lane_id = queue_lane.id AND state = 'waiting')`,
  ],
  [
    "wrong-counter",
    `SELECT 'sender ' || id || ' of the queue does not know its turn' FROM queue_sender
     WHERE turn_ms IS NOT
       (SELECT max(min(turn_ms), queue_sender.served_ms) FROM queue_lane WHERE sender_id = queue_sender.id)`,
  ],
  [
    "missing-message",
    `SELECT 'quarantine ' || id || ' has no message, or holds one for nobody' FROM quarantine
     WHERE (blob_id IS NOT NULL) <> EXISTS (
         SELECT 1 FROM quarantine_recipient WHERE quarantine_id = id AND state = 'held')
       OR (blob_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = blob_id))`,
  ],
  [
    "missing-message",
    `SELECT 'message ' || id || ' has no octets' FROM blob
     WHERE NOT EXISTS (SELECT 1 FROM blob_octets WHERE blob_id = blob.id)
       OR (sha256 IS NULL AND inline_octets <> size_octets)`,
  ],
];

/** What is wrong with the store of a data folder; nothing, as it should be. May run beside the server. Throws `StoreOpenError`. */
export function verifySqliteStore(dataDir: string): readonly StoreFinding[] {
  const folder = dataFolder(dataDir);
  const db = openForReading(folder.databaseFile);
  try {
    return db.snapshot(() => [
      ...damage(db),
      ...CHECKS.flatMap(([kind, sql]) => db.all(sql).map((row) => ({ kind, text: String(Object.values(row)[0]) }))),
      ...missingFiles(db, new BlobFiles(folder)),
    ]);
  } finally {
    db.close();
  }
}

function damage(db: Database): StoreFinding[] {
  return db
    .all("PRAGMA integrity_check")
    .map((row) => String(Object.values(row)[0]))
    .filter((text) => text !== "ok")
    .map((text) => ({ kind: "damaged-database", text }));
}

function missingFiles(db: Database, files: BlobFiles): StoreFinding[] {
  const rows = db.all<{ id: number; sha256: string; octets: number }>(
    "SELECT id, sha256, size_octets - inline_octets AS octets FROM blob WHERE sha256 IS NOT NULL",
  );
  return rows
    .filter(({ sha256, octets }) => files.sizeOctets(sha256) !== octets)
    .map(({ id, sha256 }) => ({ kind: "missing-file", text: `message ${id} has no whole file ${sha256}` }));
}
