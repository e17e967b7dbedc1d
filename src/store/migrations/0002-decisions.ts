/** Decision records, our own block list, and where each account has logged in from. */
export const decisions = `
-- keys: JSON array; each is a row of decision_key.
CREATE TABLE decision (
  id TEXT NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  keys TEXT NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX decision_time ON decision (at_ms, id);

CREATE TABLE decision_key (
  key TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  decision_id TEXT NOT NULL,
  PRIMARY KEY (key, at_ms, decision_id)
) STRICT, WITHOUT ROWID;

-- evidence: JSON array of lines.
CREATE TABLE block_list (
  prefix TEXT NOT NULL,
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  evidence TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER,
  origin TEXT NOT NULL,
  repeat INTEGER NOT NULL,
  PRIMARY KEY (prefix, scope, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE login (
  address TEXT NOT NULL,
  account_id INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (address, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_time ON login (last_ms);
`;
