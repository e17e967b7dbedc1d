import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Database } from "../database.ts";
import { openForWriting } from "../open-database.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { claimQueued } from "./queue-claim.ts";

const CLAIM = {
  nowMs: 10,
  jobsMax: 1,
  recipientsPerJobMax: 100,
  rooms: [],
  roomDefault: 5,
  senderRooms: [],
  senderRoomDefault: 5,
  parked: [],
};

/** Remembers what is asked of it. */
function open(t: { after(run: () => void): void }): { readonly db: Database; readonly asked: Set<string> } {
  const db = openForWriting(join(temporaryFolder(), "store.sqlite"));
  t.after(() => db.close());
  const asked = new Set<string>();
  const all: Database["all"] = db.all.bind(db);
  db.all = (sql, ...parameters) => {
    asked.add(sql);
    return all(sql, ...parameters);
  };
  return { db, asked };
}

test("the recipients of a job are found by their message, however much waits for the same destination", (t) => {
  const { db, asked } = open(t);
  db.exec(`INSERT INTO blob (id, reference_count, size_octets, inline_octets, message_index) VALUES (1, 1, 5, 5, '{}');
    INSERT INTO queue_sender (id, account, priority, turn_ms) VALUES (1, '', 1, 0);
    INSERT INTO queue_lane (id, sender_id, domain, turn_ms) VALUES (1, 1, 'far.example', 0);
    INSERT INTO queue_message (id, blob_id, mail_from, account, origin, priority, body, utf8, require_tls, queued_at_ms)
      VALUES (1, 1, '', '', 'own', 1, '7BIT', 0, 0, 0);
    INSERT INTO queue_recipient (message_id, lane_id, address, state, due_ms) VALUES (1, 1, 'a@far.example', 'waiting', 0)`);
  assert.equal(claimQueued(db, CLAIM)[0]?.recipients.length, 1);
  const ofMessage = [...asked].filter((sql) => sql.includes("message_id = ?"));
  assert.equal(ofMessage.length, 1);
  const plan = db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${ofMessage[0]}`, 1, 1, 10, 100);
  const steps = plan.map(({ detail }) => detail).join("; ");
  assert.match(steps, /queue_recipient USING INDEX queue_recipient_message \(message_id=\? AND lane_id=\?\)/);
});
