/** What DNS lists answered then, with the meanings and weights that other settings give to it. */
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import { readAnswer } from "#evidence/dnsbl/read-answer.ts";
import { type OwnListEntry, ownListings, ownUriList } from "#evidence/urls/own-uri-list.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { completed } from "#verdict/evidence.ts";

/** Lists that the settings do not know stay as they are: the policy leaves them out. */
export function rereadLists(record: DecisionRecord, lists: readonly DnsList[]): DecisionRecord {
  const { dnsbl } = record.evidence;
  if (dnsbl === null) return record;
  const findings = dnsbl.findings.map((finding) => reread(finding, lists));
  return { ...record, evidence: { ...record.evidence, dnsbl: { ...dnsbl, findings } } };
}

/** What our own list of hosts says now about the links of a message then. */
export function rereadUriList(record: DecisionRecord, entries: readonly OwnListEntry[]): DecisionRecord {
  const { urls } = completed(record.evidence);
  const list = ownUriList(entries);
  if (urls === null || !list.ok) return record;
  return { ...record, evidence: { ...record.evidence, ownUris: ownListings(urls, list.value) } };
}

function reread(finding: ListFinding, lists: readonly DnsList[]): ListFinding {
  const { outcome, subject } = finding;
  const list = lists.find((one) => one.list === finding.list);
  if (list === undefined || (outcome.kind !== "listed" && outcome.kind !== "unknown-answer")) return finding;
  const { answers: records, ttlSeconds } = outcome;
  return {
    ...finding,
    outcome: readAnswer(list, subject, { kind: "records", records, ttlSeconds, authenticated: false }),
  };
}
