/** Mail that is kept back from its recipients, senders that are let in or kept out, and whom each account has written to. */
export const keptBack = `
-- id: the decision's. blob_id: NULL when the message is held for nobody any more. reasons: JSON array.
CREATE TABLE quarantine (
  id TEXT NOT NULL PRIMARY KEY,
  blob_id INTEGER,
  mail_from TEXT NOT NULL,
  client TEXT NOT NULL,
  message_id TEXT,
  score REAL NOT NULL,
  reasons TEXT NOT NULL,
  size_octets INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_time ON quarantine (since_ms, id);
CREATE INDEX quarantine_until ON quarantine (until_ms);
CREATE INDEX quarantine_held ON quarantine (size_octets) WHERE blob_id IS NOT NULL;

-- state: held, released or removed, since changed_ms. address: canonical, as it was then.
CREATE TABLE quarantine_recipient (
  quarantine_id TEXT NOT NULL,
  account_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL,
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (quarantine_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_account ON quarantine_recipient (account_id);

-- scope: an account's address, @domain, or empty for everybody.
CREATE TABLE sender_list (
  subject TEXT NOT NULL,
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  note TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (subject, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE correspondent (
  account_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX correspondent_time ON correspondent (account_id, last_ms);
`;
