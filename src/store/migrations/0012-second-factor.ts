/** Second factors of accounts: TOTP, and the codes for who has lost it. */
export const secondFactor = `
-- secret: sealed by a key beside the store. confirmed_at_ms: NULL until a first code was entered. last_step: the last that was
-- taken. attempts_free_at_ms: when all attempts are free again.
CREATE TABLE totp (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL UNIQUE,
  secret BLOB NOT NULL,
  created_at_ms INTEGER NOT NULL,
  confirmed_at_ms INTEGER,
  last_step INTEGER NOT NULL DEFAULT 0,
  attempts_free_at_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

-- hash: PHC string. A code that was used has no row.
CREATE TABLE recovery_code (
  id INTEGER PRIMARY KEY,
  totp_id INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX recovery_code_totp ON recovery_code (totp_id);
`;
