/** How `status` and `selftest` say what the last looks at the ten protections found, and how old that is. */
import type { Proof } from "#threads/proofs.ts";
import { wrapped } from "#verdict/page.ts";
import { duration } from "./wording.ts";

const WORDS: Readonly<Record<Proof["outcome"], string>> = {
  pass: "proven",
  warn: "works, with a warning",
  fail: "FAILED",
  unknown: "could not be looked at yet",
};

export function proofLines(proofs: readonly Proof[], nowMs: number): readonly string[] {
  if (proofs.length === 0) return [];
  return ["", "Looked at by the server itself", ...proofs.flatMap((proof) => linesOf(proof, nowMs))];
}

function linesOf({ number, name, outcome, seenMs, triedMs, findings }: Proof, nowMs: number): readonly string[] {
  const age = seenMs === 0 ? "" : ` ${duration(nowMs - seenMs)} ago`;
  // The proof is older than the last try: that one could not see.
  const since = seenMs !== 0 && triedMs > seenMs ? "; not seen since" : "";
  const line = `${String(number).padStart(2)} ${name.padEnd(22)} ${WORDS[outcome]}${age}${since}`;
  const [worst] = findings;
  return worst === undefined ? [line] : [line, ...wrapped(worst.says, "   ", "   ")];
}
