/**
 * Lists of hosts that links lead to. Of each list the heaviest listing counts, and with what the same list says about the
 * client no more than its share: none rejects alone.
 */
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { OwnListing } from "#evidence/urls/own-uri-list.ts";
import type { UriListEvidence } from "#evidence/urls/query-uri-lists.ts";
import { meetAll, type Shares } from "./dnsbl-rule.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

export function uriListsRule({ dnsbl, uriLists, ownUris }: Evidence, policy: Policy): readonly Finding[] {
  const own = ownFindings(ownUris ?? [], policy);
  if (uriLists === null) return own;
  const shares: Shares = new Map();
  if (dnsbl !== null && policy.modes.dnsbl === "enforce") meetAll(dnsbl.findings, policy, shares);
  return [...own, ...meetAll(heaviestOfEachList(uriLists, policy), policy, shares)];
}

/** The heaviest of our own entries, within the share of a list. An entry of weight zero or less spares its names. */
function ownFindings(listings: readonly OwnListing[], { weights, contact }: Policy): readonly Finding[] {
  const [heaviest] = listings.toSorted((one, other) => other.weight - one.weight);
  if (heaviest === undefined || heaviest.weight <= 0) return [];
  const { host, entry, reason } = heaviest;
  const why = reason === "" ? "" : `: ${short(reason)}`;
  const detail = `${short(host)} is on this server's own list of hosts as ${short(entry)}${why}`;
  const remedy = `leave the link out, or write to ${contact}`;
  return [finding("own-uri-list", Math.min(heaviest.weight, weights.oneListMax), { detail, remedy })];
}

/** A domain and a host of it are one thing to a list, and so are the ten hosts of one campaign. */
function heaviestOfEachList({ findings, names }: UriListEvidence, { weights }: Policy): readonly ListFinding[] {
  const inAddresses = new Set(names.filter(({ mentionedAs }) => mentionedAs === "address").map(({ name }) => name));
  const heaviest = new Map<string, ListFinding>();
  const others: ListFinding[] = [];
  for (const found of findings) {
    const counted = inAddresses.has(found.subject.value) ? lighter(found, weights.addressShare) : found;
    if (counted.outcome.kind !== "listed") others.push(counted);
    else if (weightOf(counted) > weightOf(heaviest.get(found.list))) heaviest.set(found.list, counted);
  }
  return [...heaviest.values(), ...others];
}

function lighter(found: ListFinding, share: number): ListFinding {
  const { outcome } = found;
  return outcome.kind === "listed" ? { ...found, outcome: { ...outcome, weight: outcome.weight * share } } : found;
}

function weightOf(found: ListFinding | undefined): number {
  return found?.outcome.kind === "listed" ? found.outcome.weight : Number.NEGATIVE_INFINITY;
}

/** As if the list had not been asked. */
export function withoutUriList(lists: UriListEvidence, list: string): UriListEvidence {
  return { ...lists, findings: lists.findings.filter((found) => found.list !== list) };
}
