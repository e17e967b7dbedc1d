/** Keys of passwords for SCRAM, and what is known of the use of each password. */
export const scram = `
-- Keys of a server, made once. salt: what the salts that clients see are derived with.
CREATE TABLE secret (name TEXT NOT NULL PRIMARY KEY, octets BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO secret VALUES ('scram-salt', randomblob(32));

-- hash: sha256 or sha1 (RFC 5802 §3: StoredKey, ServerKey).
CREATE TABLE scram_key (
  credential_id INTEGER NOT NULL,
  hash TEXT NOT NULL,
  salt BLOB NOT NULL,
  iterations INTEGER NOT NULL,
  stored_key BLOB NOT NULL,
  server_key BLOB NOT NULL,
  PRIMARY KEY (credential_id, hash)
) STRICT, WITHOUT ROWID;

-- exposed_at_ms: when it was last sent in clear.
ALTER TABLE credential ADD COLUMN exposed_at_ms INTEGER;
ALTER TABLE credential ADD COLUMN last_used_ms INTEGER;
ALTER TABLE credential ADD COLUMN last_address TEXT;
`;
