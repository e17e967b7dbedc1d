/**
 * The first schema. Counters of `folder` and `account` always equal what their messages add up to; they change in the
 * transaction that changes the messages. Ids are never given twice (AUTOINCREMENT): sessions hold them.
 */
export const first = `
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  enabled INTEGER NOT NULL DEFAULT 1,
  quota_octets INTEGER,
  used_octets INTEGER NOT NULL DEFAULT 0,
  used_messages INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- targets: JSON array of addresses.
CREATE TABLE alias (address TEXT NOT NULL PRIMARY KEY, targets TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE domain (name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, created_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX credential_account ON credential (account_id);
CREATE UNIQUE INDEX credential_password ON credential (account_id) WHERE kind = 'password';

-- The last value given out; every folder made anywhere takes the next, so that a name never sees one twice.
CREATE TABLE uid_validity (last INTEGER NOT NULL) STRICT;
INSERT INTO uid_validity VALUES (0);

-- recent_from: the first UID no session has claimed as \\Recent.
-- expunged_floor: mod-sequence up to which expunged UIDs have been forgotten.
CREATE TABLE folder (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  special_use TEXT,
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL DEFAULT 1,
  highest_mod_seq INTEGER NOT NULL DEFAULT 1,
  messages INTEGER NOT NULL DEFAULT 0,
  unseen INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  recent INTEGER NOT NULL DEFAULT 0,
  recent_from INTEGER NOT NULL DEFAULT 1,
  size_octets INTEGER NOT NULL DEFAULT 0,
  expunged INTEGER NOT NULL DEFAULT 0,
  expunged_floor INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, name)
) STRICT;
CREATE UNIQUE INDEX folder_special_use ON folder (account_id, special_use) WHERE special_use IS NOT NULL;

CREATE TABLE subscription (
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- The first spelling of a keyword.
CREATE TABLE keyword (
  account_id INTEGER NOT NULL,
  folded TEXT NOT NULL,
  spelling TEXT NOT NULL,
  PRIMARY KEY (account_id, folded)
) STRICT, WITHOUT ROWID;

-- flags: bits, see message-flags.ts. keywords: separated by spaces, NULL for none.
CREATE TABLE message (
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  blob_id INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords TEXT,
  mod_seq INTEGER NOT NULL,
  internal_date_ms INTEGER NOT NULL,
  size_octets INTEGER NOT NULL,
  PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_mod_seq ON message (folder_id, mod_seq);

CREATE TABLE expunged (
  folder_id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  PRIMARY KEY (folder_id, mod_seq, uid)
) STRICT, WITHOUT ROWID;

-- One message, whatever number of folders and queue entries hold it (reference_count). Its first inline_octets octets
-- are in blob_octets, the rest in the file named by sha256. sent_day: days since 1970-01-01 as the Date field says.
CREATE TABLE blob (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reference_count INTEGER NOT NULL,
  size_octets INTEGER NOT NULL,
  inline_octets INTEGER NOT NULL,
  sha256 TEXT,
  sent_day INTEGER,
  message_index TEXT NOT NULL
) STRICT;
CREATE INDEX blob_file ON blob (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX blob_garbage ON blob (id) WHERE reference_count = 0;

-- Apart from blob, so that counting references never rewrites content. packed: 1 when the octets are zstd.
CREATE TABLE blob_octets (blob_id INTEGER PRIMARY KEY, packed INTEGER NOT NULL, octets BLOB NOT NULL) STRICT;

-- recipients: JSON array.
CREATE TABLE queue_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  blob_id INTEGER NOT NULL,
  mail_from TEXT NOT NULL,
  recipients TEXT NOT NULL,
  queued_at_ms INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;
`;
