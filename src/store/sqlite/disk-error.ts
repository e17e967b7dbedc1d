/** What an exception from SQLite or the file system says about the disk. */

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
const NO_SPACE_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

export type DiskError = "no-space" | "busy" | "broken" | "corrupt" | "cannot-open" | "other";

export function diskError(error: unknown): DiskError {
  if (!(error instanceof Error)) return "other";
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof code === "string" && NO_SPACE_CODES.has(code)) return "no-space";
  if (code === "EIO") return "broken";
  if (typeof errcode !== "number") return "other";
  switch (errcode & 0xff) {
    case SQLITE_FULL:
      return "no-space";
    case SQLITE_BUSY:
      return "busy";
    case SQLITE_IOERR:
      return "broken";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "corrupt";
    case SQLITE_CANTOPEN:
      return "cannot-open";
    default:
      return "other";
  }
}
