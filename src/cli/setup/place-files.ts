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
  const others = othersIn(folder);
  if (others !== undefined) return { kind: "fail", name, ...others };
  const isThere = existsSync(folder);
  if (!isThere) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return isThere ? { kind: "kept", name, says: folder } : { kind: "made", name, says: folder };
}

/** What a data folder may hold before it has a store: what a start that was broken off left, and what a disk of its own has. */
const BEFORE_THE_STORE = ["blobs", "spool", "tls", "lock.sqlite", "postern.log", "lost+found"];

/** All in the data folder is given to the server's user: a folder of others (`/var`, `/home/x`) would be taken from them. */
export function othersIn(folder: string): { readonly says: string; readonly remedy: string } | undefined {
  const entries = existsSync(folder) ? readdirSync(folder) : [];
  if (entries.includes("store.sqlite")) return undefined;
  const other = entries.find((entry) => !BEFORE_THE_STORE.includes(entry));
  if (other === undefined) return undefined;
  const remedy = "Name a folder with --data that is empty or not there yet.";
  return { says: `${folder} is somebody else's: it holds ${other} and no store of Postern`, remedy };
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

/**
 * Links are not followed: what they lead to is somebody else's. The folder itself is last to go to another user, and first to
 * come to root: in between nobody can put another one in the place of what is looked at.
 */
export function giveAway(folder: string, owner: Owner): void {
  const { userId, groupId } = owner;
  if (userId === 0) lchownSync(folder, userId, groupId);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveAway(path, owner);
    else lchownSync(path, userId, groupId);
  }
  lchownSync(folder, userId, groupId);
}

/** The server reads it, and cannot change it. */
export function letRead(file: string, { groupId }: Owner): void {
  chownSync(file, 0, groupId);
  chmodSync(file, 0o640);
}
