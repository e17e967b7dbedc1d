/** Passkeys of accounts, the links with which people make them, and the questions that browsers have not answered yet. */
export const passkeys = `
-- credential_id: base 64 for URLs. public_key: COSE. transports: JSON array.
CREATE TABLE passkey (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  credential_id TEXT NOT NULL UNIQUE,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  is_backed_up INTEGER NOT NULL,
  name TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_used_ms INTEGER,
  UNIQUE (account_id, name)
) STRICT;

-- One that was used is kept to its end: with it, its passkey is tried.
CREATE TABLE passkey_link (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  is_used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX passkey_link_account ON passkey_link (account_id);
CREATE INDEX passkey_link_until ON passkey_link (until_ms);

CREATE TABLE passkey_challenge (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  challenge TEXT NOT NULL UNIQUE,
  until_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX passkey_challenge_account ON passkey_challenge (account_id);
CREATE INDEX passkey_challenge_until ON passkey_challenge (until_ms);
`;
