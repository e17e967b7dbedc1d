/** SPF: who may send under the domain of the envelope (RFC 7208). An error of the DNS or in the record counts for nothing. */
import type { SpfEvidence } from "#evidence/spf/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

export function spfRule({ spf }: Evidence, { weights, contact }: Policy): readonly Finding[] {
  if (spf === null) return [];
  const domain = short(spf.domain);
  if (spf.passesEverybody) {
    const detail = `the SPF record of ${domain} lets everybody send`;
    const remedy = `have the record name the servers that send for ${domain}, and end in -all or ~all`;
    return [finding("spf-passes-everybody", weights.spfPassesEverybody, { detail, remedy })];
  }
  switch (spf.result) {
    case "pass":
      return [finding("spf-pass", weights.spfPass, { detail: `SPF of ${domain} passes`, remedy: "" })];
    case "fail": {
      const detail = `${spf.client} may not send for ${domain}, says its SPF record`;
      const remedy = `add the server to the SPF record of ${domain}, or write to ${contact}`;
      return [finding("spf-fail", weights.spfFail, { detail, remedy })];
    }
    case "temperror":
    case "permerror": {
      const why = spf.problem === undefined ? spf.result : short(spf.problem.text);
      return [unknown(`spf-${spf.result}`, `SPF of ${domain} could not be established: ${why}`)];
    }
    case "none":
    case "neutral":
    case "softfail":
      return [];
  }
}

export function spfSpeaksAgainst({ result, passesEverybody }: SpfEvidence): boolean {
  return result === "fail" || passesEverybody;
}

/** The domain that vouches for the client; a record that passes everybody vouches for nobody. */
export function vouchingDomain(spf: SpfEvidence | null): string | null {
  return spf?.result === "pass" && !spf.passesEverybody ? spf.domain : null;
}
