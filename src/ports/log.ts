/** One structured line: fixed words in `event` (kebab-case), facts in `fields`. Never a password, message text or key. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  /** The same log with these fields on every line. */
  with(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;
