/** Other nodes: whom we are paired with, what they told us, and what is on its way to them. */
export const pair = `
-- One a node that we are paired with. fingerprint: SHA-256 of its public key, lower-case hexadecimal. address: host:port
-- that it listens on, empty where it does not. cursors: how much of its changes is here.
CREATE TABLE pair_node (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  dials INTEGER NOT NULL,
  joined_ms INTEGER NOT NULL,
  block_list_cursor INTEGER NOT NULL DEFAULT 0,
  senders_cursor_ms INTEGER NOT NULL DEFAULT 0,
  last_sync_ms INTEGER NOT NULL DEFAULT 0,
  same_policy INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

-- The recipients of a node's own domains, as one value.
CREATE TABLE pair_list (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,
  octets BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  confirmed_ms INTEGER NOT NULL
) STRICT;

-- When each entry of the block list was last put or removed. stamp: milliseconds of a clock that never goes back and is never
-- behind one that it heard of; seq: the order here.
CREATE TABLE block_list_stamp (
  prefix TEXT NOT NULL,
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  stamp INTEGER NOT NULL,
  is_removed INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (prefix, scope, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_list_stamp_seq ON block_list_stamp (seq);

CREATE TABLE pair_clock (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  stamp INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO block_list_stamp (prefix, scope, kind, stamp, is_removed, seq)
  SELECT prefix, scope, kind, since_ms, 0, row_number() OVER (ORDER BY since_ms) FROM block_list;
INSERT INTO pair_clock (id, stamp, seq)
  SELECT 1, coalesce(max(stamp), 0), coalesce(max(seq), 0) FROM block_list_stamp;

-- Mail in the queue that is for another node: what was found out about it here. JSON.
CREATE TABLE hand_on (
  message_id INTEGER NOT NULL PRIMARY KEY,
  facts TEXT NOT NULL
) STRICT;

-- Mail that another node handed over: what is here already does not come a second time.
CREATE TABLE handed_over (
  key TEXT NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handed_over_time ON handed_over (at_ms);
`;
