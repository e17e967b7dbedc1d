/** `postern backup`, `restore` and `verify`: a copy of the data beside the running server, the way back, and whether all is whole. */
import { resolve } from "node:path";
import type { Settings } from "#config/settings.ts";
import type { CopyReport } from "#store/sqlite/backup.ts";
import { StoreOpenError } from "#store/store-open-error.ts";
import { sentence } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { readSettings } from "./settings-file.ts";
import { counted } from "./wording.ts";

export const backupCommands: readonly Command[] = [
  {
    name: "backup",
    operands: ["DIR"],
    summary: "copies the data into a new folder, also while the server runs",
    run: (invocation) =>
      copying(invocation, async (settings, dir) => {
        const { backUpSqliteStore } = await import("#store/sqlite/backup.ts");
        return backUpSqliteStore(settings.dataDir, dir);
      }),
  },
  {
    name: "restore",
    operands: ["DIR"],
    summary: "brings a copy back into a data folder that has no store; UIDs and flags are as they were",
    run: (invocation) =>
      copying(invocation, async (settings, dir) => {
        const { restoreSqliteStore } = await import("#store/sqlite/backup.ts");
        return restoreSqliteStore(dir, settings.dataDir);
      }),
  },
  {
    name: "verify",
    operands: ["[DIR]"],
    summary: "reads all of the data, or of a copy of it, and says what is not whole; changes nothing",
    run: (invocation) =>
      copying(invocation, async (settings) => {
        const { verifySqliteStore } = await import("#store/sqlite/verify.ts");
        const [dir = settings.dataDir] = invocation.operands;
        return { messages: 0, findings: verifySqliteStore(resolve(dir)), skipped: [] };
      }),
  },
];

async function copying(
  invocation: Invocation,
  work: (settings: Settings, dir: string) => Promise<CopyReport>,
): Promise<ExitCode> {
  const { out, json, operands } = invocation;
  const settings = await readSettings(invocation);
  if (settings === undefined) return 1;
  try {
    process.umask(0o077); // what is written holds mail and keys
    const { messages, findings, skipped } = await work(settings, resolve(operands[0] ?? ""));
    const isWhole = findings.length === 0;
    if (json) out.json({ ok: true, value: { whole: isWhole, messages, findings, skipped } });
    else {
      for (const { kind, text } of findings) out.line(`${kind}: ${text}`);
      for (const path of skipped) out.line(`${path} is a link that leads nowhere: not copied.`);
      const copied = messages > 0 ? `${counted(messages, "message")} copied. ` : "";
      out.line(isWhole ? `${copied}All is whole.` : `${counted(findings.length, "thing")} not as it should be.`);
    }
    return isWhole ? 0 : 1;
  } catch (error) {
    if (error instanceof StoreOpenError) out.problem(`${sentence(error.message)} ${sentence(error.remedy)}`);
    else if (isFromSystem(error)) out.problem(`${sentence(error.message)} Nothing that was there is changed.`);
    else throw error;
    return 3;
  }
}

/** A disk that is full, a folder that is somebody else's. */
function isFromSystem(error: unknown): error is Error {
  return error instanceof Error && /^(?:E[A-Z]+|ERR_SQLITE_ERROR)$/.test((error as NodeJS.ErrnoException).code ?? "");
}
