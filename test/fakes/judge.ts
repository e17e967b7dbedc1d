/** A judge whose checks and block list are what a test says, and that remembers the records. */
import type { MessageAuthentication } from "#evidence/authentication-results/evidence.ts";
import type { ContentEvidence } from "#evidence/content/evidence.ts";
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { Greylist } from "#evidence/greylist/greylist.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { SpfEvidence } from "#evidence/spf/evidence.ts";
import type { UrlEvidence } from "#evidence/urls/evidence.ts";
import type { UriListEvidence } from "#evidence/urls/query-uri-lists.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import type { Checks } from "#reception/evidence-gathering.ts";
import { Judge, type JudgeDependencies } from "#reception/judge.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import type { BlockListEntry } from "#verdict/evidence.ts";
import { samePolicy } from "#verdict/policies.ts";
import type { Policy } from "#verdict/policy.ts";
import { content, dmarc, helo, linksListed, NO_LINKS, policy, reverseDns, spf } from "./evidence.ts";
import type { FakeReception } from "./reception.ts";

export const BUDGET_MS = 3000;

export class FakeChecks implements Checks {
  /** What was asked, in order: `reverse-dns 198.51.100.7`, `helo client.example`, `lists client 198.51.100.7`. */
  readonly asked: string[] = [];
  /** Replaced by tests. */
  answers: {
    readonly reverseDns: () => Promise<ReverseDnsEvidence>;
    readonly helo: () => Promise<HeloEvidence>;
    readonly lists: (role: string, value: string) => Promise<readonly ListFinding[]>;
    readonly spf: () => Promise<SpfEvidence>;
    readonly authenticate: () => Promise<MessageAuthentication>;
    readonly links: () => Promise<UrlEvidence>;
    readonly uriLists: () => Promise<UriListEvidence>;
    readonly content: () => Promise<ContentEvidence>;
  } = {
    reverseDns: () => Promise.resolve(reverseDns("confirmed")),
    helo: () => Promise.resolve(helo()),
    lists: () => Promise.resolve([]),
    spf: () => Promise.resolve(spf("none")),
    authenticate: () => Promise.resolve(unsigned(dmarc("none"))),
    links: () => Promise.resolve(NO_LINKS),
    uriLists: () => Promise.resolve(linksListed()),
    content: () => Promise.resolve(content()),
  };

  reverseDns(client: string): Promise<ReverseDnsEvidence> {
    this.asked.push(`reverse-dns ${client}`);
    return this.answers.reverseDns();
  }

  helo(said: { readonly helo: string }): Promise<HeloEvidence> {
    this.asked.push(`helo ${said.helo}`);
    return this.answers.helo();
  }

  async lists(subjects: Parameters<Checks["lists"]>[0]): ReturnType<Checks["lists"]> {
    this.asked.push(...subjects.map(({ role, value }) => `lists ${role} ${value}`));
    const found = await Promise.all(subjects.map(({ role, value }) => this.answers.lists(role, value)));
    return { findings: found.flat() };
  }

  spf(...[{ helo: name, mailFrom }]: Parameters<Checks["spf"]>): Promise<SpfEvidence> {
    this.asked.push(`spf ${mailFrom === "" ? `helo ${name}` : mailFrom}`);
    return this.answers.spf();
  }

  authenticate(...[{ author }]: Parameters<Checks["authenticate"]>): Promise<MessageAuthentication> {
    this.asked.push(`authenticate ${author.kind}`);
    return this.answers.authenticate();
  }

  links(...[{ index }]: Parameters<Checks["links"]>): Promise<UrlEvidence> {
    this.asked.push(`links of ${index.root.type}`);
    return this.answers.links();
  }

  uriLists(...[{ hosts }]: Parameters<Checks["uriLists"]>): Promise<UriListEvidence> {
    this.asked.push(`uri-lists ${hosts.map(({ host }) => host).join(" ")}`);
    return this.answers.uriLists();
  }

  content(...[{ index }]: Parameters<Checks["content"]>): Promise<ContentEvidence> {
    this.asked.push(`content of ${index.root.type}`);
    return this.answers.content();
  }
}

/** All checks at once: that never answer, that are broken. */
export function everyAnswer(answer: () => Promise<never>): FakeChecks["answers"] {
  return {
    reverseDns: answer,
    helo: answer,
    lists: answer,
    spf: answer,
    authenticate: answer,
    links: answer,
    uriLists: answer,
    content: answer,
  };
}

/** A message without signatures, and what became of its author's policy. */
export function unsigned(found: MessageAuthentication["dmarc"]): MessageAuthentication {
  const dkim = { signatures: [], signaturesLeftOut: 0, headerTooLarge: false };
  return {
    author: found.author,
    spf: null,
    dkim,
    arc: { result: "none", problem: undefined, sets: [] },
    dmarc: found,
  };
}

export class FakeJudge {
  readonly checks = new FakeChecks();
  readonly records: DecisionRecord[] = [];
  readonly offences: Offence[] = [];
  /** Clients whose messages were judged. */
  readonly messagesOf: string[] = [];
  readonly hiding = new Set<string>();
  readonly bans = new Map<string, BlockListEntry>();
  /** By client name: milliseconds it must wait. */
  readonly waits = new Map<string, number>();

  /** Judges what this reception's clients do. */
  constructor(
    reception: FakeReception,
    modes: Partial<Policy["modes"]> = {},
    checks: Checks = this.checks,
    greylist?: Greylist,
    changes: Partial<Policy> = {},
    more: Partial<JudgeDependencies> = {},
  ) {
    const { clock, random, log } = reception.dependencies;
    const judge = new Judge({
      policies: samePolicy({ ...policy(modes), ...changes }),
      settingsName: "settings",
      checks,
      greylist,
      findBan: (address, scope) => {
        const ban = this.bans.get(address);
        return ban?.scope === "all" || ban?.scope === scope ? ban : undefined;
      },
      hidesOthers: (address) => this.hiding.has(address),
      mustWait: ({ clientName }) => this.waits.get(clientName),
      hearMessageVerdict: (_, client) => void this.messagesOf.push(client),
      hearOffence: (offence) => void this.offences.push(offence),
      sink: { record: (record) => this.#keep(record) },
      budgetMs: BUDGET_MS,
      clock,
      random,
      log,
      ...more,
    });
    reception.dependencies = { ...reception.dependencies, judge };
  }

  /** The only record. */
  get record(): DecisionRecord {
    const [record, ...others] = this.records;
    if (record === undefined || others.length > 0) throw new Error(`${this.records.length} records`);
    return record;
  }

  /** As a store does: a later state replaces the earlier one. What cannot be written as JSON is lost. */
  #keep(record: DecisionRecord): void {
    const index = this.records.findIndex(({ id }) => id === record.id);
    const kept = JSON.parse(JSON.stringify(record)) as DecisionRecord;
    if (index === -1) this.records.push(kept);
    else this.records[index] = kept;
  }
}
