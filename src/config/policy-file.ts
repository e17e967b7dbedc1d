/** The policy file that the settings name: its text is read with them, so that what changes on the disk waits for a reload. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { failed, ok, type Result } from "#mail/result.ts";
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";

export interface PolicyFileSettings {
  /** Absolute. */
  readonly file: string;
  /** What stood in it. */
  readonly source: string;
  readonly timeoutMs: number;
  readonly whenItFails: "defer" | "accept";
  readonly memoryMebibytes: number;
}

/** Octets: a wrong name must not read a disk image into memory, and each thread has a copy. */
const FILE_OCTETS_MAX = 1024 * 1024;
const EXTENSION = /\.m?[jt]s$/;

/** Undefined where none is named, or it cannot be read. Whether it can be run is for others to see. */
export function readPolicyFile(
  { policy, rules }: SettingsFile,
  folder: string,
  problems: ProblemList,
): PolicyFileSettings | undefined {
  const { file: name, timeout_ms: timeoutMs, when_it_fails: whenItFails, memory_mebibytes: memoryMebibytes } = policy;
  if (name === "" || rules.policy === "off") return undefined;
  const read = readPolicySource(resolve(folder, name));
  if (read.ok) return { ...read.value, timeoutMs, whenItFails, memoryMebibytes };
  problems.error(["policy", "file"], read.problem.message, read.problem.remedy);
  return undefined;
}

export function readPolicySource(
  name: string,
): Result<Pick<PolicyFileSettings, "file" | "source">, { readonly message: string; readonly remedy: string }> {
  const file = resolve(name);
  if (!EXTENSION.test(file)) {
    return failed({ message: `The name of ${file} does not say what it is`, remedy: "Name it policy.ts." });
  }
  try {
    if (statSync(file).size > FILE_OCTETS_MAX) {
      const remedy = "Let it import what is data from other files.";
      return failed({ message: `${file} is too large for a policy file`, remedy });
    }
    return ok({ file, source: readFileSync(file, "utf8") });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT";
    const remedy = isMissing ? "Correct the name." : "Let the user that Postern runs as read it.";
    return failed({
      message: `The policy file ${file} ${isMissing ? "is not there" : `cannot be read: ${code}`}`,
      remedy,
    });
  }
}
