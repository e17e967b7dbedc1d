/** Signatures, chain and policy of a message in words. */
import type { ArcEvidence } from "#evidence/arc/evidence.ts";
import type { DkimEvidence, SignatureEvidence } from "#evidence/dkim/evidence.ts";
import type { AlignmentEvidence, DmarcEvidence } from "#evidence/dmarc/evidence.ts";
import type { Evidence } from "./evidence.ts";

export function explainAuthentication({ dkim, arc, dmarc }: Evidence): string[] {
  return [
    ...(dkim === null ? [] : signatures(dkim)),
    ...(arc === null || arc.result === "none" ? [] : [chain(arc)]),
    ...(dmarc === null ? [] : policy(dmarc)),
  ];
}

function signatures({ signatures: all, signaturesLeftOut }: DkimEvidence): string[] {
  if (all.length === 0) return ["DKIM: no signature"];
  const left = signaturesLeftOut === 0 ? [] : [`DKIM: ${signaturesLeftOut} more signatures not looked at`];
  return [...all.map(signature), ...left];
}

function signature({
  result,
  problem,
  domain,
  selector,
  algorithm,
  key,
  unsignedBodyOctets,
}: SignatureEvidence): string {
  const why = problem === undefined ? "" : ` (${problem.kind.replaceAll("-", " ")})`;
  const bits = key?.bits === undefined ? "" : `, key of ${key.bits} bits`;
  const open = unsignedBodyOctets === 0 ? "" : `, ${unsignedBodyOctets} octets of the body not signed`;
  return `DKIM d=${domain} s=${selector} ${algorithm}${bits}${open}: ${result}${why}`;
}

function chain({ result, problem, sets }: ArcEvidence): string {
  const why = problem === undefined ? "" : ` (${problem.kind.replaceAll("-", " ")})`;
  return `ARC sealed by ${sets.map(({ sealer }) => sealer).join(", ")}: ${result}${why}`;
}

function policy({ result, author, record, policy: asked, spf, dkim, failure, walk, arc }: DmarcEvidence): string[] {
  const from = author.kind === "one" ? `From ${author.address}` : `author: ${author.kind.replaceAll("-", " ")}`;
  const published = record === undefined ? "" : `; ${record.domain} publishes “${record.text}”`;
  const why = failure === undefined ? "" : ` (${failure})`;
  const asks = result === "fail" ? `, policy ${asked}` : "";
  const trust = arc.kind === "no-chain" ? "" : `; ARC: ${arc.kind.replaceAll("-", " ")}`;
  const aligned = [alignment("SPF", spf), ...dkim.map((one) => alignment("DKIM", one))].join(", ");
  return [
    `DMARC ${from}: ${result}${why}${asks}${published}; ${aligned}${trust}`,
    ...walk.map(({ name, answer }) => `TXT ${name}: ${answer}`),
  ];
}

function alignment(what: string, { domain, state }: AlignmentEvidence): string {
  return `${what}${domain === undefined ? "" : ` ${domain}`} ${state.replaceAll("-", " ")}`;
}
