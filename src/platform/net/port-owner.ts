/** Which program listens on a port: Linux says so in /proc, of other users' programs to root alone. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** TCP_LISTEN, include/net/tcp_states.h */
const LISTEN = "0A";

export interface PortOwner {
  readonly name: string;
  readonly processId: number;
}

/** Undefined where it cannot be told. @param processesMax how many are looked through. */
export function portOwner(port: number, processesMax: number): PortOwner | undefined {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(readIfThere);
  const sockets = new Set(tables.flatMap((table) => listeningSockets(table, port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  const processes = entries("/proc").filter((name) => /^\d+$/.test(name));
  for (const id of processes.slice(0, processesMax)) {
    if (!entries(`/proc/${id}/fd`).some((file) => sockets.has(linkTarget(`/proc/${id}/fd/${file}`)))) continue;
    return { name: readIfThere(`/proc/${id}/comm`).trim(), processId: Number(id) };
  }
  return undefined;
}

/** Inodes. `sl local_address rem_address st … uid timeout inode`, numbers in hexadecimal but for the inode. */
export function listeningSockets(table: string, port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => local.endsWith(wanted) && state === LISTEN)
    .flatMap((columns) => columns[9] ?? []);
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It ended, or belongs to another user.
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
