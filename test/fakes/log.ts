/** A log that remembers its lines. */
import type { Fields, Log } from "#ports/log.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Fields;
}

export class FakeLog implements Log {
  readonly lines: LogLine[];
  readonly #fields: Fields;

  constructor(lines: LogLine[] = [], fields: Fields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  debug(event: string, fields?: Fields): void {
    this.#add("debug", event, fields);
  }

  info(event: string, fields?: Fields): void {
    this.#add("info", event, fields);
  }

  warn(event: string, fields?: Fields): void {
    this.#add("warn", event, fields);
  }

  error(event: string, fields?: Fields): void {
    this.#add("error", event, fields);
  }

  with(fields: Fields): Log {
    return new FakeLog(this.lines, { ...this.#fields, ...fields });
  }

  #add(level: LogLine["level"], event: string, fields: Fields = {}): void {
    this.lines.push({ level, event, fields: { ...this.#fields, ...fields } });
  }
}
