/** What the virus scanner and the milters said, in words. */
import type { AntivirusEvidence, MilterEvidence, Unavailable } from "#evidence/scanners/evidence.ts";
import type { Evidence } from "./evidence.ts";

export function explainScanners({ antivirus, milters }: Evidence): string[] {
  return [...(antivirus === null ? [] : [scanned(antivirus)]), ...(milters?.milters ?? []).map(filtered)];
}

function scanned({ scanner, result, tookMs }: AntivirusEvidence): string {
  const head = `Virus scanner ${scanner}: `;
  switch (result.kind) {
    case "clean":
      return `${head}nothing found, ${tookMs} ms`;
    case "found":
      return `${head}${result.name} found, ${tookMs} ms`;
    case "unavailable":
      return `${head}${noAnswer(result)}, ${tookMs} ms`;
  }
}

function filtered({ milter, result, tookMs }: MilterEvidence): string {
  const head = `Milter ${milter}: `;
  if (result.kind === "unavailable") return `${head}${noAnswer(result)}, ${tookMs} ms`;
  const { decision, stage, reply, quarantine, saysSpam, added, notTaken } = result;
  const said = reply === null ? decision : `${reply.code} ${reply.status ?? ""} ${reply.text}`;
  return [
    `${head}${said} (${stage}), ${tookMs} ms`,
    ...(quarantine === null ? [] : [`wants it kept back: ${quarantine}`]),
    ...(saysSpam === null ? [] : [`says spam by ${saysSpam}`]),
    ...(added.length === 0 ? [] : [`added ${added.join(" | ")}`]),
    ...(notTaken.length === 0 ? [] : [`not taken over: ${notTaken.join(", ")}`]),
  ].join("; ");
}

function noAnswer({ why, detail }: Unavailable): string {
  return `did not look at it (${why}: ${detail})`;
}
