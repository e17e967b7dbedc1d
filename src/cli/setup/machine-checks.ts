/** Is this machine fit to be a mail server: Node, disk, clock, and who has the ports. */
import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { USUAL_PORTS } from "#config/listeners.ts";
import { portOwner } from "#platform/net/port-owner.ts";
import { probePort } from "#platform/net/probe-port.ts";
import { runProgram } from "#platform/run-program.ts";
import { octets } from "../wording.ts";
import { DISK_OCTETS_ADVISED, DISK_OCTETS_MIN, PROCESSES_MAX, PROGRAM_MS } from "./limits.ts";
import { othersIn } from "./place-files.ts";
import type { SetupPlan } from "./plan.ts";
import type { Step } from "./report.ts";

/** @param own ports that a running Postern of this installation has. */
export async function checkMachine(plan: SetupPlan, own: ReadonlySet<number>): Promise<readonly Step[]> {
  const others = othersIn(plan.dataDir);
  const data: readonly Step[] = others === undefined ? [] : [{ kind: "fail", name: "data", ...others }];
  return [checkNode(), checkDisk(plan.dataDir), ...data, await checkClock(), ...(await checkPorts(plan, own))];
}

function checkNode(): Step {
  // An older one did not get so far: the launcher says so.
  return { kind: "pass", name: "node", says: `Node ${process.versions.node}` };
}

function checkDisk(dataDir: string): Step {
  let folder = dataDir;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return judgeDisk(dataDir, bavail * bsize);
}

export function judgeDisk(dataDir: string, free: number): Step {
  const says = `${octets(free)} free for ${dataDir}`;
  if (free >= DISK_OCTETS_ADVISED) return { kind: "pass", name: "disk", says };
  const remedy = "Make room, or name a folder on another disk with --data.";
  return { kind: free < DISK_OCTETS_MIN ? "fail" : "warn", name: "disk", says: `Only ${says}`, remedy };
}

/** Certificates, signatures and time limits of mail are judged by the clock. */
async function checkClock(): Promise<Step> {
  const name = "clock";
  const asked = await runProgram("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], {
    timeoutMs: PROGRAM_MS,
  });
  if (!asked.ok || !/^(?:yes|no)$/.test(asked.value.trim())) {
    return { kind: "unknown", name, says: "Whether something keeps the clock right is not known here" };
  }
  if (asked.value.trim() === "yes") return { kind: "pass", name, says: "The clock is kept right" };
  const remedy = "Install systemd-timesyncd or chrony: certificates and signatures are judged by the clock.";
  return { kind: "warn", name, says: "Nothing keeps the clock right", remedy };
}

async function checkPorts({ bind }: SetupPlan, own: ReadonlySet<number>): Promise<readonly Step[]> {
  const taken: Step[] = [];
  const ours: number[] = [];
  const unseen: number[] = [];
  for (const { port } of USUAL_PORTS) {
    const hosts = bind === undefined ? ["0.0.0.0"] : [bind];
    for (const host of hosts) {
      const code = await probePort({ host, port, ipv6Only: false });
      if (code === undefined) continue;
      if (code === "EADDRINUSE" && own.has(port)) ours.push(port);
      else if (code === "EACCES") unseen.push(port);
      else taken.push(portStep(port, code));
    }
  }
  if (unseen.length > 0) {
    const says = `Whether the ports ${unseen.join(", ")} are free cannot be seen by this user`;
    taken.push({ kind: "unknown", name: "ports", says, remedy: "Run setup as root." });
  }
  if (taken.length > 0) return taken;
  const ports = USUAL_PORTS.map(({ port }) => port).join(", ");
  const says = ours.length > 0 ? `Postern itself has the ports ${ours.join(", ")}` : `The ports ${ports} are free`;
  return [{ kind: "pass", name: "ports", says }];
}

function portStep(port: number, code: string): Step {
  const name = "ports";
  switch (code) {
    case "EADDRINUSE": {
      const owner = portOwner(port, PROCESSES_MAX);
      const who = owner === undefined ? "another program" : `${owner.name} (process ${owner.processId})`;
      const remedy = `Stop it for good, or give Postern an address of its own with --bind.`;
      return { kind: "fail", name, says: `Port ${port} is taken by ${who}`, remedy };
    }
    case "EADDRNOTAVAIL":
      return {
        kind: "fail",
        name,
        says: `Port ${port}: the address is not one of this machine`,
        remedy: "Name one that `ip address` shows with --bind.",
      };
    default:
      return { kind: "fail", name, says: `Port ${port} cannot be bound (${code})`, remedy: "Look at --bind." };
  }
}
