/**
 * DKIM and DMARC: whether the author's domain stands behind the message, and what it asks for where not (RFC 9989). Only
 * what is known refuses: an error of the DNS never does, nor a signature that is broken (RFC 6376 §6.1: as good as none).
 */
import type { SignatureEvidence } from "#evidence/dkim/evidence.ts";
import type { AuthorEvidence, DmarcEvidence } from "#evidence/dmarc/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
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

export function dmarcRule({ dmarc }: Evidence, policy: Policy): readonly Finding[] {
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
      return dmarc.author.kind === "one" ? [] : [withoutAuthor(dmarc.author.kind)];
    case "fail":
      return [unproven(dmarc, policy)];
  }
}

/** Nothing proves that the author's domain had a part in it. */
function unproven(dmarc: DmarcEvidence, { contact }: Policy): Finding {
  const domain = authorDomain(dmarc);
  const { arc, policy } = dmarc;
  if (arc.kind === "vouched") {
    const sealers = short(arc.sealers.join(", "));
    return finding("dmarc-vouched", 0, { detail: `DMARC of ${domain} fails, but ${sealers} saw it pass`, remedy: "" });
  }
  const text = {
    detail: `nothing proves that ${domain} sent this, and its DMARC policy is ${policy}`,
    remedy: `sign with DKIM as ${domain}, or send from a server of its SPF record, or write to ${contact}`,
  };
  const asks = policy === "reject" ? "reject" : policy === "quarantine" ? "junk" : "accept";
  return finding(`dmarc-${policy}`, 0, text, { asks });
}

/** RFC 9989 §5.3.1: there is nobody whose policy could be asked for; readers may show whom they like. */
function withoutAuthor(kind: Exclude<AuthorEvidence["kind"], "one">): Finding {
  const remedy = "write one From field with one address";
  switch (kind) {
    case "several-fields":
      return finding(kind, 0, { detail: "the message has more than one From field", remedy }, { asks: "reject" });
    case "several-addresses":
      return finding(kind, 0, { detail: "the message has more than one author", remedy }, { asks: "junk" });
    case "malformed":
      return finding(
        "malformed-from",
        0,
        { detail: "the From field has more than one reading", remedy },
        { asks: "junk" },
      );
    case "none":
      return unknown("no-author", "the message names no author");
    case "header-too-large":
      return unknown("header-too-large", "the header is too large to be read for its author");
  }
}

function authorDomain({ author }: DmarcEvidence): string {
  return author.kind === "one" ? short(author.domain) : "nobody";
}

export function dmarcSpeaksAgainst({ result, arc }: DmarcEvidence): boolean {
  return result === "permerror" || (result === "fail" && arc.kind !== "vouched");
}
