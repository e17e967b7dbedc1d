import type { Judged } from "#verdict/decision-record.ts";
import type { MetClient } from "./judge.ts";

/** Whom the DNS and the content are asked about, and why not about the others. */
export function whoIsJudged({ listener, trusted }: Pick<MetClient, "listener" | "trusted">): Judged {
  if (listener === "lmtp") return "local";
  if (trusted) return "trusted-network";
  return listener === "submission" ? "authenticated" : "judged";
}
