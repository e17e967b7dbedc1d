/** Reports that others sent, what ours are made of, and which of ours were made. */
export const reports = `
-- key: one that comes again is not kept twice. total, failed: for sums. report: JSON. octets: of the report's text.
CREATE TABLE report (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  domain TEXT NOT NULL,
  reporter TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  begin_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  sender TEXT NOT NULL,
  is_proven INTEGER NOT NULL,
  total INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  report TEXT NOT NULL
) STRICT;
CREATE INDEX report_age ON report (is_proven, received_ms, octets);
CREATE INDEX report_domain ON report (domain, received_ms);

-- day: 2030-01-31, UTC. facts: JSON, what was counted.
CREATE TABLE report_tally (
  kind TEXT NOT NULL,
  day TEXT NOT NULL,
  domain TEXT NOT NULL,
  facts TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (kind, day, domain, facts)
) STRICT, WITHOUT ROWID;

-- Reports of ours that somebody makes or has made. day: of the claim.
CREATE TABLE report_claim (
  key TEXT NOT NULL PRIMARY KEY,
  day TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
