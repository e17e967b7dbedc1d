/** What an operator may change about judging: which rules count, and how much. The numbers are defaults, with reasons. */
import type { FileSign } from "#evidence/content/evidence.ts";
import type { Disguise } from "#evidence/urls/evidence.ts";

export type RuleMode = "off" | "shadow" | "enforce";

/** As the settings spell them under `[rules]`, in the order in which they are asked. */
export const RULE_NAMES = [
  "block_list",
  "sender_lists",
  "early_talker",
  "helo",
  "dnsbl",
  "reverse_dns",
  "spf",
  "author",
  "dkim",
  "dmarc",
  "uri_lists",
  "content",
  "antivirus",
  "milter",
  "policy",
  "greylist",
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export interface Policy {
  readonly modes: Readonly<Record<RuleName, RuleMode>>;
  readonly thresholds: Thresholds;
  readonly weights: Weights;
  /** Names of the DNS lists that count; null: all that were asked. */
  readonly lists: readonly string[] | null;
  /** Who passes other people's mail on and breaks its proof: a DMARC policy does not refuse what comes from there. */
  readonly knownForwarders: KnownForwarders;
  /** What becomes of mail that a scanner should have looked at and did not. */
  readonly unscanned: Unscanned;
  /** Where a sender's admin can write to when refused: an address that no DNS rule keeps out. */
  readonly contact: string;
  /** What becomes of mail that the policy file could not be asked about. */
  readonly whenPolicyFails: "defer" | "accept";
}

export interface KnownForwarders {
  /** Addresses and networks (CIDR). */
  readonly networks: readonly string[];
  /** Names of hosts, each with those below it. They count only where they are forward-confirmed. */
  readonly names: readonly string[];
}

export type WhenUnavailable = "defer" | "accept";

export interface Unscanned {
  readonly antivirus: WhenUnavailable;
  /** By the milter's address; one that is not named defers. */
  readonly milters: Readonly<Record<string, WhenUnavailable>>;
}

/** Of the sum of all enforced weights, but for the first. */
export interface Thresholds {
  /** What a finding of another rule weighs at least, to be the second signal that a rule may ask for. */
  readonly secondSignal: number;
  /** From here on a sender met for the first time waits, where the greylist is on. */
  readonly greylist: number;
  readonly junk: number;
  /** Kept back from here on; null: nothing is by its score. */
  readonly quarantine: number | null;
  /** Null: nothing is refused by its score. */
  readonly reject: number | null;
}

export interface Weights {
  /**
   * The most that one DNS list may add, whatever it lists: client, HELO, sender. Below the reject threshold, so that no
   * list rejects alone; a list may only by an answer that is marked so (Spamhaus DROP).
   */
  readonly oneListMax: number;
  readonly noPointer: number;
  readonly pointerNotConfirmed: number;
  readonly heloDiffers: number;
  readonly heloUnresolvable: number;
  readonly heloBareAddress: number;
  readonly heloPrivateLiteral: number;
  readonly heloMalformed: number;
  readonly spfFail: number;
  readonly spfPassesEverybody: number;
  /** Below zero. */
  readonly spfPass: number;
  /** Of what a list says about a name that is only in an address (`user@name`), this part counts. */
  readonly addressShare: number;
  /** Below zero: what a proven sender of the administrator's list has to its credit. */
  readonly allowedSender: number;
  /** Below zero: likewise a proven sender that the recipient has written to. */
  readonly correspondent: number;
  readonly content: ContentWeights;
}

export interface ContentWeights {
  /** The most that content may add: below the reject threshold, so that it never refuses alone. */
  readonly max: number;
  readonly badDate: number;
  readonly badMessageId: number;
  /** A display name that holds an address of another domain. */
  readonly displayName: number;
  /** From outside under one of our domains, which does not vouch for it. */
  readonly ownDomain: number;
  /** The text of a link names another host than it leads to. */
  readonly linkMismatch: number;
  /** The heaviest way in which a link is disguised, and an attachment suspicious. */
  readonly disguises: Readonly<Partial<Record<Disguise, number>>>;
  readonly files: Readonly<Record<FileSign, number>>;
}

export const policyDefaults: Omit<Policy, "contact"> = {
  modes: {
    block_list: "enforce",
    sender_lists: "enforce",
    early_talker: "enforce",
    helo: "enforce",
    dnsbl: "enforce",
    reverse_dns: "enforce",
    spf: "enforce",
    author: "enforce",
    dkim: "enforce",
    dmarc: "enforce",
    uri_lists: "enforce",
    content: "enforce",
    antivirus: "off", // needs a program that Postern does not bring
    milter: "off", // until one is set up
    policy: "off", // there is a file where one is named
    greylist: "off", // it delays good mail
  },
  thresholds: {
    secondSignal: 1, // a missing Message-ID or a clock that is wrong is no sign of a bad client
    greylist: 4,
    junk: 6,
    quarantine: null,
    reject: 15,
  },
  weights: {
    oneListMax: 10, // Junk alone; a third of what it takes to reject must come from elsewhere
    noPointer: 2,
    pointerNotConfirmed: 1,
    heloDiffers: 1, // common among real senders
    heloUnresolvable: 1, // likewise
    heloBareAddress: 3,
    heloPrivateLiteral: 4.5, // no mail server of the Internet is at a private address
    heloMalformed: 1, // underscores and the like: taken by the grammar, not by RFC 5321
    spfFail: 1, // forwarded mail fails, too
    spfPassesEverybody: 4, // nobody who sends honest mail lets all the world send it
    spfPass: -0.2, // senders of spam have records, too
    addressShare: 0.5,
    allowedSender: -20, // whatever lists and content say together, short of a storm of them
    correspondent: -11, // what would not be refused does not even wait: from just below 15 to below 4
    content: {
      max: 8, // Junk; the rest of what it takes to reject must come from elsewhere
      badDate: 0.5, // clocks go wrong
      badMessageId: 0.5,
      displayName: 1.5,
      ownDomain: 2, // mailing lists send so, too
      linkMismatch: 2,
      disguises: {
        "readers-differ": 2,
        "mixed-scripts": 2,
        "numeric-host": 1.5,
        "address-in-ipv6": 1.5,
        userinfo: 1.5,
      },
      files: {
        "turned-name": 6,
        "double-extension": 6,
        "executable-content": 5,
        "executable-name": 4,
        "padded-name": 3,
        "disk-image": 3,
        "two-extensions": 2,
        macros: 2,
        "unreadable-archive": 1,
        "archive-in-archive": 1,
        "encrypted-archive": 1, // people send these to keep a secret
        "web-page": 1,
      },
    },
  },
  lists: null,
  knownForwarders: { networks: [], names: [] },
  unscanned: { antivirus: "defer", milters: {} }, // whoever wants mail scanned does not want it unscanned
  whenPolicyFails: "defer", // what a policy keeps out is not to come in because it is broken; mail waits, and is not lost
};
