/** Keys that sign mail. */
export const dkimKeys = `
CREATE TABLE dkim_key (
  domain TEXT NOT NULL,
  selector TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  private_key_pem TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (domain, selector)
) STRICT, WITHOUT ROWID;
`;
