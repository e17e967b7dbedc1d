/** Memory of another process, as the kernel counts it. */
import { readFileSync } from "node:fs";

/** Resident set, in octets. */
export function residentOctets(pid: number): number {
  const [, kibibytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
