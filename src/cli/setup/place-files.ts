/** Files and folders that setup makes. What is right stays as it is; what somebody changed is never written over. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { runProgram } from "#platform/run-program.ts";
import { PROGRAM_MS } from "./limits.ts";
import type { Step } from "./report.ts";

export interface Owner {
  readonly userId: number;
  readonly groupId: number;
}

/** @param name stable word of the step. */
export function placeFile(file: string, text: string, mode: number, name: string): Step {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode, flag: "wx" });
    return { kind: "made", name, says: file };
  }
  if (readFileSync(file, "utf8") === text) return { kind: "kept", name, says: `${file}, which is as it should be` };
  const beside = `${file}.new`;
  const isNews = !existsSync(beside) || readFileSync(beside, "utf8") !== text;
  if (isNews) {
    writeFileSync(beside, text, { mode });
    chmodSync(beside, mode);
  }
  return {
    kind: "kept",
    name,
    says: `${file}, which was changed: it stays in force`,
    remedy: `Compare it with ${beside}, which setup would have written.`,
  };
}

export function placeFolder(folder: string, name: string): Step {
  const isThere = existsSync(folder);
  if (!isThere) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return isThere ? { kind: "kept", name, says: folder } : { kind: "made", name, says: folder };
}

/** /etc/passwd itself: what `useradd` has written. */
export function userNamed(name: string, passwd = readFileSync("/etc/passwd", "utf8")): Owner | undefined {
  const [, , userId, groupId] =
    passwd
      .split("\n")
      .map((line) => line.split(":"))
      .find(([known]) => known === name) ?? [];
  return userId === undefined || groupId === undefined
    ? undefined
    : { userId: Number(userId), groupId: Number(groupId) };
}

/** A user that owns the data and can do nothing else. */
export async function placeUser(user: string, dataDir: string): Promise<Step> {
  const name = "user";
  if (userNamed(user) !== undefined) return { kind: "kept", name, says: `the user ${user}` };
  const words = ["--system", "--user-group", "--home-dir", dataDir, "--shell", "/usr/sbin/nologin", user];
  const byHand = `Run as root: useradd ${words.join(" ")}`;
  if (!isRoot()) return { kind: "fail", name, says: `There is no user ${user}`, remedy: byHand };
  const made = await runProgram("useradd", words, { timeoutMs: PROGRAM_MS });
  if (made.ok) return { kind: "made", name, says: `the user ${user}, who cannot log in` };
  return { kind: "fail", name, says: `The user ${user} could not be made: ${made.problem}`, remedy: byHand };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Links are not followed: what they lead to is somebody else's. */
export function giveAway(folder: string, { userId, groupId }: Owner): void {
  lchownSync(folder, userId, groupId);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveAway(path, { userId, groupId });
    else lchownSync(path, userId, groupId);
  }
}

/** The server reads it, and cannot change it. */
export function letRead(file: string, { groupId }: Owner): void {
  chownSync(file, 0, groupId);
  chmodSync(file, 0o640);
}
