import type { Log } from "#ports/log.ts";

/** For commands that say themselves what went wrong. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
