/**
 * DKIM and DMARC: whether the author's domain stands behind the message, and what it asks for where not (RFC 9989). Only
 * what is known refuses: an error of the DNS never does, nor a signature that is broken (RFC 6376 §6.1: as good as none).
 */
import type { SignatureEvidence } from "#evidence/dkim/evidence.ts";
import type { DmarcEvidence } from "#evidence/dmarc/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
import { knownForwarder } from "./known-forwarder.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

/** Recorded; it is DMARC that counts. */
export function dkimRule({ dkim }: Evidence): readonly Finding[] {
  return (dkim?.signatures ?? []).map(signatureFinding);
}

function signatureFinding({ result, problem, domain }: SignatureEvidence): Finding {
  const why = problem === undefined ? "" : `: ${problem.kind.replaceAll("-", " ")}`;
  return unknown(
    `dkim-${result}`,
    `the DKIM signature of ${short(domain === "" ? "nobody" : domain)} is ${result}${why}`,
  );
}

export function dmarcRule(evidence: Evidence, policy: Policy): readonly Finding[] {
  const { dmarc } = evidence;
  if (dmarc === null) return [];
  switch (dmarc.result) {
    case "pass":
    case "none":
      return [];
    case "temperror":
      return [
        unknown(
          "dmarc-temperror",
          `DMARC of ${authorDomain(dmarc)} could not be established: ${dmarc.failure ?? "dns"}`,
        ),
      ];
    case "permerror":
      return [WITHOUT_AUTHOR];
    case "fail":
      return [unproven(dmarc, evidence, policy)];
  }
}

/** Who leaves the author out does not escape the author's policy, also where the rule about authors does not count. */
const WITHOUT_AUTHOR = finding(
  "dmarc-permerror",
  0,
  {
    detail: "there is no one author whose DMARC policy could be asked for",
    remedy: "write one From field with one address",
  },
  { asks: "junk" },
);

/** Nothing proves that the author's domain had a part in it. */
function unproven(
  dmarc: DmarcEvidence,
  client: Pick<Evidence, "reverseDns" | "spf">,
  { contact, knownForwarders }: Policy,
): Finding {
  const domain = authorDomain(dmarc);
  const { arc, policy } = dmarc;
  if (arc.kind === "vouched") {
    const sealers = short(arc.sealers.join(", "));
    return finding("dmarc-vouched", 0, { detail: `DMARC of ${domain} fails, but ${sealers} saw it pass`, remedy: "" });
  }
  const forwarder = knownForwarder(client, knownForwarders);
  if (forwarder !== undefined) {
    const detail = `DMARC of ${domain} fails, but ${short(forwarder)} is known to pass mail on`;
    return finding("dmarc-forwarded", 0, { detail, remedy: "" });
  }
  const text = {
    detail: `nothing proves that ${domain} sent this, and its DMARC policy is ${policy}`,
    remedy: `sign with DKIM as ${domain}, or send from a server of its SPF record, or write to ${contact}`,
  };
  const asks = policy === "reject" ? "reject" : policy === "quarantine" ? "junk" : "accept";
  return finding(`dmarc-${policy}`, 0, text, { asks });
}

function authorDomain({ author }: DmarcEvidence): string {
  return author.kind === "one" ? short(author.domain) : "nobody";
}

/** Of a message with an author; what is wrong with one that has none is said elsewhere. */
export function dmarcSpeaksAgainst({ result, arc }: DmarcEvidence): boolean {
  return result === "fail" && arc.kind !== "vouched";
}
