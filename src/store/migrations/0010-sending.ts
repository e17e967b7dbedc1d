/** How much accounts send, from where, and whose mail is held. */
export const sending = `
-- minute: since the epoch. network: that it came from; empty for what other servers said (delivered, refused).
CREATE TABLE sending_minute (
  account TEXT NOT NULL,
  minute INTEGER NOT NULL,
  network TEXT NOT NULL,
  messages INTEGER NOT NULL DEFAULT 0,
  recipients INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account, minute, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX sending_minute_time ON sending_minute (minute);

-- day: since the epoch, UTC. peak_*: the most within ten minutes that was no burst.
CREATE TABLE sending_day (
  account TEXT NOT NULL,
  day INTEGER NOT NULL,
  peak_messages INTEGER NOT NULL,
  peak_recipients INTEGER NOT NULL,
  PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX sending_day_time ON sending_day (day);

-- credential_id: 0 where it is not known.
CREATE TABLE sending_source (
  account TEXT NOT NULL,
  day INTEGER NOT NULL,
  client TEXT NOT NULL,
  credential_id INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  PRIMARY KEY (account, day, client, credential_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sending_source_time ON sending_source (day);

-- facts: JSON. told_ms: NULL until user and administrator were told.
CREATE TABLE sending_hold (
  account TEXT NOT NULL PRIMARY KEY,
  trigger TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  is_enforced INTEGER NOT NULL,
  facts TEXT NOT NULL,
  told_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sending_quiet (account TEXT NOT NULL PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Since when an account is seen at an address without a gap of 30 days.
ALTER TABLE login ADD COLUMN first_ms INTEGER NOT NULL DEFAULT 0;
UPDATE login SET first_ms = last_ms;
CREATE INDEX login_account ON login (account_id, last_ms);
`;
