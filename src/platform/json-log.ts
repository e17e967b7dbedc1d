import { destination, type Logger, pino } from "pino";
import type { Fields, Log } from "#ports/log.ts";

const STANDARD_ERROR = 2;
/** Octets gathered before a write: one system call a line would slow the protocol threads. */
const BUFFER_OCTETS = 4096;
/** A line waits no longer than this for company. */
const FLUSH_MS = 100;

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines on standard error. `flush` writes what is gathered; call it before the process ends. */
export function openJsonLog(level: LogLevel): { readonly log: Log; readonly flush: () => void } {
  const sink = destination({ fd: STANDARD_ERROR, sync: false, minLength: BUFFER_OCTETS, periodicFlush: FLUSH_MS });
  // A reader of the log who went away must not end the mail server.
  sink.on("error", () => undefined);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  return { log: wrap(logger), flush: () => sink.flushSync() };
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
