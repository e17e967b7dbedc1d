/** Senders that wait, and senders that need not. */
export const greylist = `
-- known: NULL while it waits. mail_from, client, client_name, decision: of the last try.
CREATE TABLE greylist (
  key TEXT NOT NULL PRIMARY KEY,
  known TEXT,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  mail_from TEXT NOT NULL,
  client TEXT NOT NULL,
  client_name TEXT NOT NULL,
  decision TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX greylist_waiting ON greylist (last_ms) WHERE known IS NULL;
CREATE INDEX greylist_known ON greylist (last_ms) WHERE known IS NOT NULL;
`;
