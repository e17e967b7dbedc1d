import { writeSync } from "node:fs";
import { destination, type Logger, pino } from "pino";
import type { Fields, Log } from "#ports/log.ts";
import { prettyLogLine } from "./pretty-log-line.ts";

const STANDARD_ERROR = 2;
/** Octets gathered before a write: one system call a line would slow the protocol threads. */
const BUFFER_OCTETS = 4096;
/** Octets that wait for a reader of the log who has stopped to read; beyond it lines are lost. */
const UNREAD_OCTETS_MAX = 16 * 1024 * 1024;
/** A line waits no longer than this for company. */
const FLUSH_MS = 100;

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
/** JSON for programs, or lines for people. */
export type LogStyle = "json" | "pretty";

export interface LogOptions {
  readonly level: LogLevel;
  readonly style: LogStyle;
}

/** One line an event on standard error. `flush` writes what is gathered; call it before the process ends. */
export function openLog({ level, style }: LogOptions): { readonly log: Log; readonly flush: () => void } {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (style === "pretty") {
    const sink = { write: (line: string) => writeLine(prettyLogLine(line)) };
    return { log: wrap(pino(options, sink)), flush: () => undefined };
  }
  const sink = destination({
    fd: STANDARD_ERROR,
    sync: false,
    minLength: BUFFER_OCTETS,
    maxLength: UNREAD_OCTETS_MAX,
    periodicFlush: FLUSH_MS,
  });
  // A reader of the log who went away must not end the mail server.
  sink.on("error", () => undefined);
  return { log: wrap(pino(options, sink)), flush: () => sink.flushSync() };
}

function writeLine(line: string): void {
  try {
    writeSync(STANDARD_ERROR, line);
  } catch {
    // As above: nobody reads, and the mail goes on.
  }
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    with: (fields: Fields) => wrap(logger.child({ ...fields })),
  };
}
