/** What an operator may change about judging: which rules count, and how much. The numbers are defaults, with reasons. */

export type RuleMode = "off" | "shadow" | "enforce";

/** As the settings spell them under `[rules]`, in the order in which they are asked. */
export const RULE_NAMES = [
  "block_list",
  "early_talker",
  "helo",
  "dnsbl",
  "reverse_dns",
  "spf",
  "dkim",
  "dmarc",
  "greylist",
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export interface Policy {
  readonly modes: Readonly<Record<RuleName, RuleMode>>;
  readonly thresholds: Thresholds;
  readonly weights: Weights;
  /** Names of the DNS lists that count; null: all that were asked. */
  readonly lists: readonly string[] | null;
  /** Where a sender's admin can write to when refused: an address that no DNS rule keeps out. */
  readonly contact: string;
}

/** Of the sum of all enforced weights. */
export interface Thresholds {
  /** From here on a sender met for the first time waits, where the greylist is on. */
  readonly greylist: number;
  readonly junk: number;
  readonly reject: number;
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
}

export const policyDefaults: Omit<Policy, "contact"> = {
  modes: {
    block_list: "enforce",
    early_talker: "enforce",
    helo: "enforce",
    dnsbl: "enforce",
    reverse_dns: "enforce",
    spf: "enforce",
    dkim: "enforce",
    dmarc: "enforce",
    greylist: "off", // it delays good mail
  },
  thresholds: { greylist: 4, junk: 6, reject: 15 },
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
  },
  lists: null,
};
