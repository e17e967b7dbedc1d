/** What a decision says for the report to the author's domain: sources and results, and nobody's address. */
import type { SignatureEvidence } from "#evidence/dkim/evidence.ts";
import type { DmarcEvidence, DmarcRecordEvidence } from "#evidence/dmarc/evidence.ts";
import { domainOf } from "#mail/reports/plain-text.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { SIGNATURES_PER_ROW_MAX } from "../limits.ts";

/** RFC 9990 §3.1.6. */
export type AppliedDisposition = "none" | "pass" | "quarantine" | "reject";
export type OverrideReason = "local_policy" | "policy_test_mode" | "trusted_forwarder";

/** One message; equal ones are counted together. */
export interface AggregateFacts {
  readonly sourceIp: string;
  readonly disposition: AppliedDisposition;
  readonly dkim: boolean;
  readonly spf: boolean;
  readonly reasons: readonly { readonly type: OverrideReason; readonly comment: string }[];
  readonly headerFrom: string;
  /** Undefined where SPF was not checked for the reverse-path; empty for `<>`. */
  readonly envelopeFrom: string | undefined;
  readonly signatures: readonly ReportedSignature[];
  readonly spfResult: { readonly domain: string; readonly result: string } | undefined;
}

interface ReportedSignature {
  readonly domain: string;
  readonly selector: string;
  readonly result: string;
  /** Why it did not pass; empty where it did. */
  readonly problem: string;
}

export interface ReportableDecision {
  readonly published: DmarcRecordEvidence;
  readonly organizationalDomain: string | undefined;
  readonly facts: AggregateFacts;
}

/** Undefined: not a message of a stranger, or one that comes again, or one whose author's domain has no policy, or a report. */
export function reportableDecision(
  record: DecisionRecord,
  isReportAddress: (address: string) => boolean,
): ReportableDecision | undefined {
  const { listener, judged, stage, disposition, evidence, mailFrom } = record;
  const { dmarc, dkim, spf } = evidence;
  if (listener !== "smtp" || judged !== "judged" || stage !== "data" || disposition === "defer") return undefined;
  if (record.clientAddress.startsWith("unix:")) return undefined;
  if (dmarc?.author.kind !== "one" || dmarc.record === undefined) return undefined;
  if (dmarc.result !== "pass" && dmarc.result !== "fail") return undefined;
  // Two servers that report about each other's reports never end. What claims to be one and is not is told of.
  if (dmarc.result === "pass" && isOnlyTo(record.recipients, isReportAddress)) return undefined;
  const applied = appliedDisposition(dmarc, disposition);
  const isPath = spf?.identity === "mail-from";
  return {
    published: dmarc.record,
    organizationalDomain: dmarc.organizationalDomain,
    facts: {
      sourceIp: record.clientAddress,
      disposition: applied,
      dkim: dmarc.dkim.some(({ state }) => state === "aligned"),
      spf: dmarc.spf.state === "aligned",
      reasons: overrideReasons(dmarc, applied, record),
      headerFrom: dmarc.author.domain,
      envelopeFrom: mailFrom === "" ? "" : isPath ? domainOf(mailFrom ?? "") : undefined,
      signatures: reportedSignatures(dkim?.signatures ?? [], dmarc),
      spfResult: isPath ? { domain: spf.domain, result: spf.result } : undefined,
    },
  };
}

function isOnlyTo(recipients: DecisionRecord["recipients"], isReportAddress: (address: string) => boolean): boolean {
  const accepted = recipients.filter(({ accepted: isAccepted }) => isAccepted);
  return accepted.length > 0 && accepted.every(({ address }) => isReportAddress(address));
}

/** What the policy came to. What was done beyond it, for whatever else the message was, is not the policy's doing. */
function appliedDisposition(
  { result, policy }: DmarcEvidence,
  disposition: Exclude<DecisionRecord["disposition"], "defer">,
): AppliedDisposition {
  if (result === "pass") return "pass";
  if (policy === "none" || policy === "unknown") return "none";
  switch (disposition) {
    case "accept":
      return "none";
    case "junk":
    case "quarantine":
      return "quarantine";
    case "reject":
      return policy;
  }
}

/** RFC 9990 §3.1.6: whoever fails and is not treated as the policy asks has a reason. */
function overrideReasons(
  { result, record, arc, policy }: DmarcEvidence,
  applied: AppliedDisposition,
  { verdict }: DecisionRecord,
): AggregateFacts["reasons"] {
  if (result === "pass" || record === undefined) return [];
  if (arc.kind === "vouched") {
    return [{ type: "local_policy", comment: `arc=pass as[1].d=${arc.sealers[0] ?? ""}` }];
  }
  const found = verdict?.rules.flatMap(({ findings }) => findings.map(({ reason }) => reason)) ?? [];
  if (found.includes("dmarc-forwarded")) return [{ type: "trusted_forwarder", comment: "" }];
  if (record.isTesting && applied === policy && applied !== record.p)
    return [{ type: "policy_test_mode", comment: "" }];
  return applied === policy ? [] : [{ type: "local_policy", comment: "" }];
}

/** RFC 9990 §3.1.4: aligned ones first, then others that pass, then those that do not. */
function reportedSignatures(
  signatures: readonly SignatureEvidence[],
  { dkim }: DmarcEvidence,
): readonly ReportedSignature[] {
  const rank = ({ result }: SignatureEvidence, index: number): number =>
    dkim[index]?.state === "aligned" ? 0 : result === "pass" ? 1 : 2;
  return signatures
    .map((signature, index) => ({ signature, rank: rank(signature, index) }))
    .filter(({ signature: { domain, selector } }) => domain !== "" && selector !== "")
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, SIGNATURES_PER_ROW_MAX)
    .map(({ signature: { domain, selector, result, problem } }) => ({
      domain,
      selector,
      result,
      problem: problem?.kind ?? "",
    }));
}
