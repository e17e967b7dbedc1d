/** The lists that Postern knows: zones, answers as their owners document them, and the weights we give to them. */
import type { AnswerMap, AnswerMeaning, DnsList } from "./dns-list.ts";

/** A list before the key is known. */
export interface Profile extends Omit<DnsList, "list" | "zone" | "questionName"> {
  readonly zone: string;
  /** The zone for those who have a key; the key goes before it as a label. */
  readonly zoneWithKey?: string;
  /** Asked when the settings name no list at all. */
  readonly isDefault: boolean;
}

/** RFC 5782 §5. */
const ADDRESS_CANARIES = { listed: "127.0.0.2", unlisted: "127.0.0.1" };
const DOMAIN_CANARIES = { listed: "test", unlisted: "invalid" };

export const PROFILES = {
  "spamhaus-zen": {
    title: "Spamhaus ZEN",
    zone: "zen.spamhaus.org",
    zoneWithKey: "zen.dq.spamhaus.net",
    kind: "address",
    ipv6: true,
    isAllowList: false,
    isDefault: true,
    answers: byAddress({
      "127.0.0.2": { meaning: "spam source (SBL)", weight: 4, earlierHopWeight: 3 },
      "127.0.0.3": { meaning: "low reputation (CSS)", weight: 2, earlierHopWeight: 1 },
      "127.0.0.4": exploited(),
      "127.0.0.5": exploited(),
      "127.0.0.6": exploited(),
      "127.0.0.7": exploited(),
      "127.0.0.9": { meaning: "hijacked network (DROP)", weight: 7, earlierHopWeight: 3, rejectsAlone: true },
      "127.0.0.10": { meaning: "no mail server, says its provider (PBL)", weight: 2 },
      "127.0.0.11": { meaning: "no mail server (PBL)", weight: 2 },
      "127.0.0.30": { meaning: "botnet controller (BCL)", weight: 4, earlierHopWeight: 3 },
    }),
    refusals: {},
    lookUpUrl: "https://check.spamhaus.org/results/?query={value}",
    canaries: ADDRESS_CANARIES,
  },
  "spamhaus-dbl": {
    title: "Spamhaus DBL",
    zone: "dbl.spamhaus.org",
    zoneWithKey: "dbl.dq.spamhaus.net",
    kind: "domain",
    ipv6: false,
    isAllowList: false,
    isDefault: true,
    answers: byAddress({
      "127.0.1.2": { meaning: "spam domain", weight: 4, linkWeight: 6.5 },
      "127.0.1.4": { meaning: "phishing domain", weight: 5, linkWeight: 7.5 },
      "127.0.1.5": { meaning: "malware domain", weight: 5, linkWeight: 7.5 },
      "127.0.1.6": { meaning: "botnet controller", weight: 5, linkWeight: 7.5 },
      // Honest people's domains that somebody else uses: little against a sender, more as a link.
      "127.0.1.102": { meaning: "abused for spam", weight: 1, linkWeight: 2.5 },
      "127.0.1.103": { meaning: "abused redirector", weight: 1, linkWeight: 2.5 },
      "127.0.1.104": { meaning: "abused for phishing", weight: 1, linkWeight: 5 },
      "127.0.1.105": { meaning: "abused for malware", weight: 1, linkWeight: 5 },
      "127.0.1.106": { meaning: "abused as botnet controller", weight: 1, linkWeight: 5 },
    }),
    refusals: { "127.0.1.255": "misuse" },
    lookUpUrl: "https://check.spamhaus.org/results/?query={value}",
    canaries: DOMAIN_CANARIES,
  },
  spamcop: {
    ...oneAnswer("SpamCop", "bl.spamcop.net", { meaning: "reported spam source", weight: 2 }),
    isDefault: true,
    lookUpUrl: "https://www.spamcop.net/bl.shtml?{value}",
  },
  barracuda: {
    ...oneAnswer("Barracuda", "b.barracudacentral.org", { meaning: "poor reputation", weight: 2 }),
    // Answers registered resolvers alone.
    isDefault: false,
    lookUpUrl: "https://www.barracudacentral.org/lookups/lookup-reputation",
  },
  psbl: {
    ...oneAnswer("PSBL", "psbl.surriel.com", { meaning: "sent to spam traps", weight: 1 }),
    isDefault: true,
    lookUpUrl: "https://psbl.org/listing?ip={value}",
  },
  "uceprotect-1": {
    ...oneAnswer("UCEPROTECT Level 1", "dnsbl-1.uceprotect.net", { meaning: "sent to spam traps", weight: 1 }),
    // Asks money for early removal.
    isDefault: false,
    lookUpUrl: "https://www.uceprotect.net/en/rblcheck.php?ipr={value}",
  },
  dnswl: {
    title: "DNSWL",
    zone: "list.dnswl.org",
    kind: "address",
    ipv6: true,
    isAllowList: true,
    isDefault: true,
    answers: byAddress(dnswlAnswers()),
    refusals: { "127.0.0.255": "too-many-questions" },
    lookUpUrl: "https://www.dnswl.org/s/?s={value}",
    canaries: ADDRESS_CANARIES,
  },
  surbl: {
    title: "SURBL",
    zone: "multi.surbl.org",
    kind: "uri",
    ipv6: false,
    isAllowList: false,
    isDefault: true,
    answers: byBit({
      8: { meaning: "phishing", weight: 7.5 },
      16: { meaning: "malware", weight: 7.5 },
      32: { meaning: "cracked tool", weight: 5 },
      64: { meaning: "abuse", weight: 5 },
      128: { meaning: "cracked site", weight: 5 },
    }),
    refusals: {},
    lookUpUrl: "https://surbl.org/surbl-analysis",
    canaries: { listed: "surbl-org-permanent-test-point.com", unlisted: "invalid" },
  },
  uribl: {
    title: "URIBL",
    zone: "multi.uribl.com",
    kind: "uri",
    ipv6: false,
    isAllowList: false,
    isDefault: true,
    answers: byBit({
      2: { meaning: "spam (black)", weight: 7.5 },
      4: { meaning: "bulk mail (grey)", weight: 2.5 },
      8: { meaning: "suspicious (red)", weight: 0.5 },
    }),
    refusals: {},
    lookUpUrl: "https://lookup.uribl.com/?domain={value}",
    canaries: { listed: "test.uribl.com", unlisted: "invalid" },
  },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;

function byAddress(meanings: Readonly<Record<string, AnswerMeaning>>): AnswerMap {
  return { by: "address", meanings };
}

function byBit(meanings: Readonly<Record<number, AnswerMeaning>>): AnswerMap {
  return { by: "bit", meanings };
}

function exploited(): AnswerMeaning {
  return { meaning: "taken over by malware (XBL)", weight: 4, earlierHopWeight: 1 };
}

/** A list of addresses that knows "listed" and no more. */
function oneAnswer(title: string, zone: string, meaning: AnswerMeaning) {
  return {
    title,
    zone,
    kind: "address",
    ipv6: false,
    isAllowList: false,
    answers: byAddress({ "127.0.0.2": meaning }),
    refusals: {},
    canaries: ADDRESS_CANARIES,
  } as const;
}

/** 127.0.CATEGORY.TRUST; the category says what kind of business it is and counts for nothing. */
function dnswlAnswers(): Readonly<Record<string, AnswerMeaning>> {
  const trust = [
    { meaning: "known sender, no trust", weight: 0 },
    { meaning: "known sender, low trust", weight: -0.1 },
    { meaning: "known sender, medium trust", weight: -0.2 },
    { meaning: "known sender, high trust", weight: -0.5 },
  ];
  const [CATEGORY_MIN, CATEGORY_MAX] = [2, 20];
  const answers: Record<string, AnswerMeaning> = {};
  for (let category = CATEGORY_MIN; category <= CATEGORY_MAX; category++) {
    for (const [level, meaning] of trust.entries()) answers[`127.0.${category}.${level}`] = meaning;
  }
  return answers;
}
