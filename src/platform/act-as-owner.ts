/** What root does with a service's files is done as the service's user: files it makes would shut the service out. */
import { statSync } from "node:fs";

/** Becomes the user that owns `path`, for good, where this process is root and root does not own it. */
export function actAsOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(path, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  if (uid === 0) return;
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
