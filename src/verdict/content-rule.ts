/** What a message says about itself, how it disguises its links, and what it carries. Scores, and never refuses alone. */
import type { ContentEvidence, FileEvidence, FileSign } from "#evidence/content/evidence.ts";
import type { Derivation, Disguise, UrlEvidence } from "#evidence/urls/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short } from "./finding.ts";
import type { ContentWeights, Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

const DAY_MS = 86_400_000;
/** Clocks that are a day ahead are wrong; mail that is a month old was sent again, or never by a person. */
const AHEAD_MAX_MS = DAY_MS;
const BEHIND_MAX_MS = 30 * DAY_MS;

export function contentRule({ urls, content, dmarc }: Evidence, { weights }: Policy): readonly Finding[] {
  const findings = [
    ...(content === null ? [] : headerFindings(content, dmarc?.result === "pass", weights.content)),
    ...(content === null ? [] : fileFindings(content.files, weights.content)),
    ...(urls === null ? [] : linkFindings(urls, weights.content)),
  ];
  return withinMax(findings, weights.content.max);
}

/** Findings keep their order; what goes over the bound counts for nothing. */
function withinMax(findings: readonly Finding[], max: number): readonly Finding[] {
  let left = max;
  return findings.map((found) => {
    const weight = Math.min(found.weight, left);
    left -= weight;
    return { ...found, weight };
  });
}

function headerFindings(content: ContentEvidence, isProven: boolean, weights: ContentWeights): readonly Finding[] {
  const { date, messageIdIsWellFormed, displayName, ownDomainClaims } = content;
  const findings: Finding[] = [];
  const add = (reason: string, weight: number, detail: string, remedy: string): void =>
    void findings.push(finding(reason, weight, { detail, remedy }));
  const { ageMs } = date;
  if (ageMs === null || ageMs < -AHEAD_MAX_MS || ageMs > BEHIND_MAX_MS) {
    add("bad-date", weights.badDate, "the Date field is missing, unreadable or far off", "set the clock of the sender");
  }
  if (!messageIdIsWellFormed) {
    add("bad-message-id", weights.badMessageId, "the Message-ID is missing or malformed", "write one (RFC 5322)");
  }
  if (displayName.isOfAnotherDomain) {
    const shown = short(displayName.address ?? "");
    const remedy = "do not write addresses into display names";
    add("display-name-address", weights.displayName, `the name in From is another address, ${shown}`, remedy);
  }
  if (ownDomainClaims.length > 0 && !isProven) {
    const detail = `mail from outside names a domain of this server as its own (${ownDomainClaims.join(", ")})`;
    add("own-domain", weights.ownDomain, detail, "sign with DKIM as that domain, or log in to send");
  }
  return findings;
}

/** The heaviest sign of all files: ten pictures in one archive are no worse than one. */
function fileFindings(files: readonly FileEvidence[], weights: ContentWeights): readonly Finding[] {
  let worst: { readonly file: FileEvidence; readonly sign: FileSign } | undefined;
  for (const file of files) {
    for (const sign of file.signs) {
      if (worst === undefined || weights.files[sign] > weights.files[worst.sign]) worst = { file, sign };
    }
  }
  if (worst === undefined) return [];
  const { file, sign } = worst;
  const detail = `the attachment ${short(file.name)} is suspicious: ${sign.replaceAll("-", " ")}`;
  return [finding("suspicious-file", weights.files[sign], { detail, remedy: "send a link to it instead" })];
}

function linkFindings({ hosts, mismatches }: UrlEvidence, weights: ContentWeights): readonly Finding[] {
  const findings: Finding[] = [];
  const mismatch = mismatches.find(({ relation }) => relation === "differs");
  if (mismatch !== undefined) {
    const detail = `a link shows ${short(mismatch.shown)} and leads to ${short(mismatch.targetHost)}`;
    findings.push(finding("link-mismatch", weights.linkMismatch, { detail, remedy: "let links show where they lead" }));
  }
  let worst: { readonly derivation: Derivation; readonly disguise: Disguise; readonly weight: number } | undefined;
  for (const derivation of hosts.flatMap(({ derivations }) => derivations)) {
    for (const disguise of derivation.disguises) {
      const weight = weights.disguises[disguise] ?? 0;
      if (weight > (worst?.weight ?? 0)) worst = { derivation, disguise, weight };
    }
  }
  if (worst !== undefined) {
    const detail = `a link is disguised (${worst.disguise.replaceAll("-", " ")}): ${short(worst.derivation.raw)}`;
    findings.push(finding("link-disguised", worst.weight, { detail, remedy: "write links plainly" }));
  }
  return findings;
}
