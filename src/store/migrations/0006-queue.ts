/** Mail for other servers, a row a recipient, in lanes that take turns. What an older version had held stays held. */
export const queue = `
-- Who takes turns: an account at a priority (see queue-rows.ts). turn_ms: NULL while nothing waits, otherwise the later of
-- the first turn of its lanes and served_ms.
CREATE TABLE queue_sender (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  priority INTEGER NOT NULL,
  served_ms INTEGER NOT NULL DEFAULT 0,
  turn_ms INTEGER,
  UNIQUE (account, priority)
) STRICT;
CREATE INDEX queue_sender_turn ON queue_sender (priority, turn_ms) WHERE turn_ms IS NOT NULL;

-- What one sender has for one destination. turn_ms: NULL while nothing waits, otherwise the later of the first due_ms of
-- its waiting recipients and served_ms.
CREATE TABLE queue_lane (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sender_id INTEGER NOT NULL,
  domain TEXT NOT NULL,
  served_ms INTEGER NOT NULL DEFAULT 0,
  turn_ms INTEGER,
  UNIQUE (sender_id, domain)
) STRICT;
CREATE INDEX queue_lane_turn ON queue_lane (sender_id, turn_ms) WHERE turn_ms IS NOT NULL;
CREATE INDEX queue_lane_domain ON queue_lane (domain);

CREATE TABLE queue_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  blob_id INTEGER NOT NULL,
  mail_from TEXT NOT NULL,
  account TEXT NOT NULL,
  priority INTEGER NOT NULL,
  body TEXT NOT NULL,
  utf8 INTEGER NOT NULL,
  require_tls INTEGER NOT NULL,
  return_content TEXT,
  envelope_id TEXT,
  queued_at_ms INTEGER NOT NULL,
  delivered INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_message_account ON queue_message (account, id);

-- notify: words with commas between, NULL for none. last_reply: JSON.
CREATE TABLE queue_recipient (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id INTEGER NOT NULL,
  lane_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  notify TEXT,
  original_recipient TEXT,
  state TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  is_doubtful INTEGER NOT NULL DEFAULT 0,
  is_warned INTEGER NOT NULL DEFAULT 0,
  held_for TEXT,
  last_reply TEXT
) STRICT;
CREATE INDEX queue_recipient_lane ON queue_recipient (lane_id, state, due_ms);
CREATE INDEX queue_recipient_message ON queue_recipient (message_id, lane_id);
CREATE INDEX queue_recipient_state ON queue_recipient (state, message_id) WHERE state <> 'waiting';

CREATE TABLE queue_attempt (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id INTEGER NOT NULL,
  report TEXT NOT NULL
) STRICT;
CREATE INDEX queue_attempt_message ON queue_attempt (message_id, id);

CREATE TABLE queue_suppressed (
  address TEXT NOT NULL PRIMARY KEY,
  times INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  reply TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_suppressed_until ON queue_suppressed (until_ms);

INSERT INTO queue_message (id, blob_id, mail_from, account, priority, body, utf8, require_tls, queued_at_ms)
  SELECT id, blob_id, mail_from, '', 1, '8BITMIME', 0, 0, queued_at_ms FROM queue_entry;
INSERT INTO queue_sender (account, priority) SELECT '', 1 WHERE EXISTS (SELECT 1 FROM queue_entry);
-- The domain is what stands behind the last at sign.
INSERT OR IGNORE INTO queue_lane (sender_id, domain)
  SELECT queue_sender.id, substr(value, length(rtrim(value, replace(value, '@', ''))) + 1)
  FROM queue_entry, json_each(recipients), queue_sender;
INSERT INTO queue_recipient (message_id, lane_id, address, state, due_ms, held_for)
  SELECT queue_entry.id, queue_lane.id, value, 'held', queued_at_ms, 'settings'
  FROM queue_entry, json_each(recipients), queue_lane
  WHERE queue_lane.domain = substr(value, length(rtrim(value, replace(value, '@', ''))) + 1);
DROP TABLE queue_entry;
`;
