/** The rules in order. Each reads evidence and policy and says what it found; none looks anything up or knows of the others' outcome. */

import { authorRule } from "./author-rule.ts";
import { blockListRule, earlyTalkerRule, greylistRule } from "./client-rules.ts";
import { contentRule } from "./content-rule.ts";
import { dkimRule, dmarcRule } from "./dmarc-rule.ts";
import { dnsblRule } from "./dnsbl-rule.ts";
import type { Evidence } from "./evidence.ts";
import { heloRule, reverseDnsRule } from "./name-rules.ts";
import { type Policy, RULE_NAMES, type RuleName } from "./policy.ts";
import { policyFileRule } from "./policy-file-rule.ts";
import { antivirusRule, milterRule } from "./scanner-rules.ts";
import { senderListsRule } from "./sender-lists-rule.ts";
import { spfRule } from "./spf-rule.ts";
import { uriListsRule } from "./uri-lists-rule.ts";
import type { Finding } from "./verdict.ts";

export type Rule = (evidence: Evidence, policy: Policy) => readonly Finding[];

const RULES: Readonly<Record<RuleName, Rule>> = {
  block_list: blockListRule,
  sender_lists: senderListsRule,
  early_talker: earlyTalkerRule,
  helo: heloRule,
  dnsbl: dnsblRule,
  reverse_dns: reverseDnsRule,
  spf: spfRule,
  author: authorRule,
  dkim: dkimRule,
  dmarc: dmarcRule,
  uri_lists: uriListsRule,
  content: contentRule,
  antivirus: antivirusRule,
  milter: milterRule,
  policy: policyFileRule,
  greylist: greylistRule,
};

export interface NamedRule {
  readonly rule: RuleName;
  readonly find: Rule;
}

export const rulesInOrder: readonly NamedRule[] = RULE_NAMES.map((rule) => ({ rule, find: RULES[rule] }));

/** Those that are asked about mail of everybody: of users, of trusted networks and of local programs, too. */
export const rulesForEverybody: readonly NamedRule[] = rulesInOrder.filter(
  ({ rule }) => rule === "antivirus" || rule === "milter",
);
