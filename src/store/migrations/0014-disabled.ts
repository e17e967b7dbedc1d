/** Names that are there and out of use: of an alias, or of a domain, which may stand in the settings alone. Accounts have a column. */
export const disabled = `
CREATE TABLE disabled (name TEXT NOT NULL PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
