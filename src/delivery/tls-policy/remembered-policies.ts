/** MTA-STS policies as they stand in a file, which may be anybody's work. */
import { POLICIES_MAX } from "./limits.ts";
import type { PolicyMemory, RememberedPolicy } from "./mta-sts.ts";

export function policyMemory(file: { read(): Promise<unknown>; write(value: unknown): Promise<void> }): PolicyMemory {
  return {
    async load() {
      const read = await file.read();
      return Array.isArray(read) ? read.filter(isRemembered).slice(-POLICIES_MAX) : [];
    },
    save: (policies) => file.write(policies),
  };
}

function isRemembered(value: unknown): value is RememberedPolicy {
  if (typeof value !== "object" || value === null) return false;
  const { domain, id, policy, fetchedAtMs } = value as Partial<RememberedPolicy>;
  if (typeof domain !== "string" || typeof id !== "string" || typeof fetchedAtMs !== "number") return false;
  if (typeof policy !== "object" || policy === null) return false;
  const isMode = ["enforce", "testing", "none"].includes(policy.mode);
  const isList = Array.isArray(policy.mx) && policy.mx.every((name) => typeof name === "string");
  return isMode && isList && Number.isSafeInteger(policy.maxAgeSeconds);
}
