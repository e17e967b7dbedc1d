/**
 * Senders that the administrator lets in or keeps out, and people whom a recipient has written to. Whoever speaks for a
 * sender speaks only where the sender is proven: a name in a message is anybody's. It takes off the score and nothing else,
 * so what is refused by itself (a ban, a virus, forged mail) stays refused; and it says nothing about relaying.
 */
import type { SenderListEvidence, SenderListing, WrittenTo } from "#evidence/sender-lists/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

/** The most exact entry decides. One that would let in and has no proof decides nothing, and the next one does. */
export function senderListsRule(evidence: Evidence, policy: Policy): readonly Finding[] {
  const { senderLists } = evidence;
  if (senderLists === null) return [];
  const findings: Finding[] = [];
  for (const listing of senderLists.listings) {
    if (listing.kind === "deny") return [...findings, denied(listing, policy)];
    if (isProven(listing, evidence)) return [...findings, allowed(listing, policy)];
    const { subject, value } = listing;
    const detail = `${short(subject)} is on the list of allowed senders, but nothing proves that it is from ${short(value)}`;
    findings.push(unknown("allowed-sender-unproven", detail));
  }
  return [...findings, ...correspondent(senderLists, evidence, policy)];
}

function denied({ value, scope, note }: SenderListing, { contact }: Policy): Finding {
  const who = scope === "" || scope.startsWith("@") ? "this server does" : "the recipient does";
  const why = note === "" ? "" : ` (${short(note)})`;
  const text = { detail: `${who} not take mail from ${short(value)}${why}`, remedy: `write to ${contact}` };
  return finding("denied-sender", 0, text, { asks: "reject" });
}

function allowed({ subject, value }: SenderListing, { weights }: Policy): Finding {
  const detail = `${short(value)} is on the list of allowed senders as ${short(subject)}`;
  return finding("allowed-sender", weights.allowedSender, { detail, remedy: "" });
}

function correspondent({ writtenTo }: SenderListEvidence, evidence: Evidence, { weights }: Policy): readonly Finding[] {
  const [unproven] = writtenTo;
  if (unproven === undefined) return [];
  const proven = writtenTo.find((written) => isProven(written, evidence));
  if (proven === undefined) {
    const { account, value } = unproven;
    const detail = `${short(account)} has written to ${short(value)}, but nothing proves that it is from there`;
    return [unknown("correspondent-unproven", detail)];
  }
  const detail = `${short(proven.account)} has written to ${short(proven.value)}`;
  return [finding("correspondent", weights.correspondent, { detail, remedy: "" })];
}

/**
 * SPF proves the envelope's sender, DMARC or an aligned signature the author. An address of a network needs no proof: a
 * session is established with nobody else.
 */
function isProven({ matched, value }: SenderListing | WrittenTo, evidence: Evidence): boolean {
  const { spf, dmarc, senderLists } = evidence;
  switch (matched) {
    case "client":
      return true;
    case "author":
      return dmarc !== null && hasAlignment(dmarc, spf?.passesEverybody === true);
    case "mail-from": {
      // The message may still prove it: until it is there, who is let in so far is refused no sooner than it.
      if (dmarc === null && senderLists?.awaitsProof === true) return true;
      const domain = value.slice(value.lastIndexOf("@") + 1);
      return (
        spf?.result === "pass" && !spf.passesEverybody && spf.identity === "mail-from" && isSame(spf.domain, domain)
      );
    }
  }
}

/**
 * Without a policy of the domain an aligned proof is as good; where there is no one author there is none. An SPF record that
 * lets everybody send makes DMARC pass, and proves nothing.
 */
function hasAlignment(
  { result, author, spf, dkim }: NonNullable<Evidence["dmarc"]>,
  spfPassesEverybody: boolean,
): boolean {
  if (author.kind !== "one") return false;
  const bySignature = dkim.some(({ state }) => state === "aligned");
  const bySpf = spf.state === "aligned";
  if (bySpf && spfPassesEverybody && !bySignature) return false;
  return result === "pass" || (result === "none" && (bySignature || bySpf));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
