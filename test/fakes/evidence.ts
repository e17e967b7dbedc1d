/** Evidence as the checks would bring it, for those who judge it. */

import type { ContentEvidence } from "#evidence/content/evidence.ts";
import type { DmarcEvidence } from "#evidence/dmarc/evidence.ts";
import type { ListFinding, ListOutcome, ListSubject } from "#evidence/dnsbl/evidence.ts";
import type { GreylistEvidence } from "#evidence/greylist/evidence.ts";
import type { PolicyEvidence, PolicyOutcome } from "#evidence/policy/evidence.ts";
import type { GenericName, HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { AntivirusEvidence, MilterEvidence, MilterResult, MiltersEvidence } from "#evidence/scanners/evidence.ts";
import type { SenderListEvidence, SenderListing } from "#evidence/sender-lists/evidence.ts";
import type { SpfEvidence, SpfResult } from "#evidence/spf/evidence.ts";
import { unansweredSpf } from "#evidence/spf/unanswered.ts";
import type { UrlEvidence } from "#evidence/urls/evidence.ts";
import type { OwnListing } from "#evidence/urls/own-uri-list.ts";
import type { UriListEvidence } from "#evidence/urls/query-uri-lists.ts";
import { type BlockListEntry, type Evidence, NO_EVIDENCE } from "#verdict/evidence.ts";
import { type Policy, policyDefaults } from "#verdict/policy.ts";

export const CLIENT = "198.51.100.7";

/** @param modes changes to the default modes. */
export function policy(modes: Partial<Policy["modes"]> = {}): Policy {
  return {
    ...policyDefaults,
    modes: { ...policyDefaults.modes, ...modes },
    contact: "postmaster@local.test",
  };
}

export function evidence(changes: Partial<Evidence>): Evidence {
  return { ...NO_EVIDENCE, ...changes };
}

export function listed(
  weight: number,
  changes: {
    readonly list?: string;
    readonly rejectsAlone?: boolean;
    readonly role?: ListSubject["role"];
    readonly value?: string;
    readonly lookUpUrl?: string;
  } = {},
): ListFinding {
  const { list = "spamhaus-zen", rejectsAlone = false, role = "client", value = CLIENT } = changes;
  const [answer, meaning] = rejectsAlone ? ["127.0.0.9", "hijacked network (DROP)"] : ["127.0.0.2", "spam source"];
  return asked(
    {
      kind: "listed",
      meanings: [{ answer, meaning, weight }],
      weight,
      rejectsAlone,
      answers: [answer],
      ttlSeconds: 60,
      lookUpUrl: changes.lookUpUrl ?? `https://check.example/${value}`,
    },
    { list, role, value },
  );
}

export function asked(
  outcome: ListOutcome,
  { list = "spamhaus-zen", role = "client", value = CLIENT }: Partial<ListSubject> & { readonly list?: string } = {},
): ListFinding {
  return { list, title: list, zone: `${list}.example`, subject: { role, value }, outcome };
}

export function reverseDns(state: ReverseDnsEvidence["state"], genericName?: GenericName): ReverseDnsEvidence {
  const named = state === "confirmed" || state === "not-confirmed";
  const address = state === "confirmed" ? CLIENT : "203.0.113.9";
  return {
    client: CLIENT,
    state,
    confirmedName: state === "confirmed" ? "mail.sender.example" : undefined,
    pointer: named
      ? records("mail.sender.example")
      : state === "no-name"
        ? { kind: "no-such-name", ttlSeconds: 300, authenticated: false }
        : { kind: "unavailable", cause: "timed-out" },
    names: named
      ? [
          {
            name: "mail.sender.example",
            forward: state === "confirmed" ? "matches" : "differs",
            answer: records(address),
          },
        ]
      : [],
    namesLeftOut: 0,
    generic: genericName,
  };
}

/** A HELO that is as it should be, but for the changes. */
export function helo(changes: Partial<HeloEvidence> = {}): HeloEvidence {
  return {
    helo: "mail.sender.example",
    form: "name",
    claimsToBeUs: "no",
    address: undefined,
    resolution: "resolves",
    match: "address",
    a: records(CLIENT),
    aaaa: undefined,
    generic: undefined,
    ...changes,
  };
}

export function generic(weight: number): GenericName {
  return { name: "dsl-198-51-100-7.pool.example", weight, signs: ["holds-the-address"] };
}

export function met(standing: GreylistEvidence["standing"]): GreylistEvidence {
  const because = standing === "known" ? "delivered" : null;
  const waitMs = standing === "first-met" ? 300_000 : 0;
  return { key: "net:198.51.100.0/24+sender.example", standing, because, firstMs: null, tries: 0, waitMs };
}

export function spf(result: SpfResult, changes: Partial<SpfEvidence> = {}): SpfEvidence {
  const unanswered = unansweredSpf({ client: CLIENT, helo: "mail.sender.example", mailFrom: "a@sender.example" });
  return { ...unanswered, ...(result === "temperror" ? {} : { problem: undefined }), result, ...changes };
}

/** Nothing aligned; what the author's domain asks for then. */
export function dmarc(
  result: DmarcEvidence["result"],
  wish: DmarcEvidence["policy"] = "none",
  changes: Partial<DmarcEvidence> = {},
): DmarcEvidence {
  return {
    result,
    author: { kind: "one", address: "a@sender.example", domain: "sender.example" },
    policy: wish,
    record: undefined,
    organizationalDomain: "sender.example",
    spf: { domain: undefined, state: "not-authenticated" },
    dkim: [],
    failure: result === "temperror" ? "timed-out" : undefined,
    walk: [],
    arc: { kind: "no-chain" },
    ...changes,
  };
}

export const NO_LINKS: UrlEvidence = {
  hosts: [],
  sharedHosts: [],
  addresses: [],
  mismatches: [],
  leftOut: { octets: 0, parts: 0, links: 0, hosts: 0, addresses: 0 },
};

/** One listed name for each weight, each of a list of its own. */
export function linksListed(...weights: readonly number[]): UriListEvidence {
  const value = "phish.example";
  return {
    findings: weights.map((weight, index) => listed(weight, { list: `uri-${index}`, role: "link", value })),
    names: [{ name: value, mentionedAs: "link", hosts: [value] }],
    namesLeftOut: 0,
  };
}

/** An ordinary letter, but for the changes. */
export function content(changes: Partial<ContentEvidence> = {}): ContentEvidence {
  return {
    fields: { from: 1, sender: 0, "reply-to": 0, to: 1, cc: 0, date: 1, "message-id": 1, subject: 1 },
    date: { isReadable: true, ageMs: 0 },
    messageIdIsWellFormed: true,
    headerFrom: { name: "", address: "a@sender.example", domain: "sender.example" },
    displayName: { address: null, isOfAnotherDomain: false },
    replyTo: { relation: "none", otherDomains: [] },
    ownDomainClaims: [],
    listUnsubscribe: { isPresent: false, hosts: [], isUseless: false, isElsewhere: false, oneClick: "none" },
    files: [],
    filesNotRead: 0,
    ...changes,
  };
}

export function ownListing(weight: number): OwnListing {
  return { host: "a.phish.example", entry: "phish.example", reason: "seen before", weight };
}

/** Entries for everybody, about the sender or the client, and whether `user@local.test` has written to it. */
export function senders(known: {
  readonly allow?: SenderListing["matched"];
  readonly deny?: boolean;
  readonly writtenTo?: boolean;
  readonly scope?: string;
  readonly awaitsProof?: boolean;
}): SenderListEvidence {
  const { allow, deny = false, writtenTo = false, scope = "", awaitsProof = false } = known;
  const about = { scope, note: "", sinceMs: Date.UTC(2030, 0, 1) };
  const sender = { subject: "@sender.example", value: "a@sender.example", ...about };
  const allowed: SenderListing[] =
    allow === undefined
      ? []
      : [
          allow === "client"
            ? { ...about, kind: "allow", subject: CLIENT, value: CLIENT, matched: allow }
            : { ...sender, kind: "allow", matched: allow },
        ];
  return {
    listings: [...allowed, ...(deny ? [{ ...sender, kind: "deny", matched: "mail-from" } as const] : [])],
    writtenTo: writtenTo
      ? [{ account: "user@local.test", matched: "author", value: "a@sender.example", lastMs: Date.UTC(2030, 0, 1) }]
      : [],
    awaitsProof,
  };
}

export function scanned(result: AntivirusEvidence["result"]): AntivirusEvidence {
  return { scanner: "/run/clamd.ctl", result, tookMs: 12 };
}

export function milters(...results: readonly MilterEvidence["result"][]): MiltersEvidence {
  const all = results.map((result, index) => ({ milter: `127.0.0.1:${8890 + index}`, result, tookMs: 5 }));
  return { leavesServer: false, milters: all };
}

/** What a milter said at the end of a message, but for the changes. */
export function decided(decision: MilterResult["decision"], changes: Partial<MilterResult> = {}): MilterResult {
  const nothing = { reply: null, quarantine: null, saysSpam: null, added: [], notTaken: [] };
  return { kind: "decided", decision, stage: "end", ...nothing, ...changes };
}

export function banned(untilMs: number | null): BlockListEntry {
  const sinceMs = Date.UTC(2030, 0, 1, 11);
  return { entry: "198.51.100.0/24", scope: "smtp", reason: "guesses recipients", origin: "rule", sinceMs, untilMs };
}

function records(...values: string[]) {
  return { kind: "records", records: values, ttlSeconds: 300, authenticated: false } as const;
}

/** Of a policy file, about everybody's mail. */
export function policyAnswers(...outcomes: readonly PolicyOutcome[]): PolicyEvidence {
  return {
    answers: outcomes.map((outcome) => ({ stage: "message", outcome, headers: [], tookMs: 1, accounts: null })),
  };
}
