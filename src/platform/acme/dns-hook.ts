import { spawn } from "node:child_process";
import { HOOK_MS, HOOK_OUTPUT_OCTETS_MAX } from "./limits.ts";

/**
 * Runs the program that changes the DNS: `hook present|remove NAME VALUE`, the same in ACME_ACTION, ACME_NAME and ACME_VALUE.
 * No shell is between. Rejects when it does not end with 0 in time, with the end of what it said.
 */
export function runDnsHook(program: string, action: "present" | "remove", name: string, value: string): Promise<void> {
  const child = spawn(program, [action, name, value], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ACME_ACTION: action,
      ACME_NAME: name,
      ACME_VALUE: value,
    },
  });
  let said = "";
  const hear = (octets: Buffer): void => {
    said = `${said}${octets.toString("latin1")}`.slice(-HOOK_OUTPUT_OCTETS_MAX);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), HOOK_MS);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`the hook ${program} cannot be run: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      reject(new Error(`the hook ${program} ${action} ${name} ${end}: ${said.trim() || "it said nothing"}`));
    });
  });
}
