/**
 * One message for several people of different policies. There is one reply for all of them, so it is the mildest of their
 * verdicts; whose own verdict is worse has it in Junk or in quarantine: nobody's mail is dropped after a 250.
 */
import type { Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";
import { policyEvidenceFor } from "./policy-file-rule.ts";
import { type Disposition, severity, type Verdict } from "./verdict.ts";

/** Where an accepted message goes. */
export type Filing = "inbox" | "junk" | "quarantine";

/** What a record keeps of one whose mail it was. */
export interface PartyOutcome {
  /** Canonical address of an account, or of a recipient elsewhere. */
  readonly account: string;
  /** Of its own verdict; the message's is the mildest. */
  readonly disposition: Disposition;
  readonly sum: number;
  /** Null: not accepted for it. */
  readonly filed: Filing | null;
}

export interface Judged {
  readonly policy: Policy;
  readonly verdict: Verdict;
}

/** Evidence as it is about the mail of one account: sender lists hold entries for others, too, and so does a policy file's answer. */
export function forRecipient(whole: Evidence, account: string): Evidence {
  const policy = policyEvidenceFor(whole.policy, account);
  const evidence = policy === whole.policy ? whole : { ...whole, policy };
  const { senderLists } = evidence;
  if (senderLists === null) return evidence;
  const domain = account.slice(account.lastIndexOf("@"));
  const isAbout = (scope: string): boolean => scope === "" || scope === account || scope === domain;
  return {
    ...evidence,
    senderLists: {
      ...senderLists,
      listings: senderLists.listings.filter(({ scope }) => isAbout(scope)),
      writtenTo: senderLists.writtenTo.filter((written) => written.account === account),
    },
  };
}

export function judgeFor(evidence: Evidence, policy: Policy, account: string): Verdict {
  return judge(forRecipient(evidence, account), policy);
}

/** Undefined of none. Of equals the first. */
export function mildest<Party extends Judged>(parties: readonly Party[]): Party | undefined {
  return parties.reduce<Party | undefined>((mild, one) => {
    const isMilder = mild === undefined || severity(one.verdict.disposition) < severity(mild.verdict.disposition);
    return isMilder ? one : mild;
  }, undefined);
}

/** Where a message goes that was accepted, be it for the sake of others. */
export function filingOf({ verdict, policy }: Judged): Filing {
  switch (verdict.disposition) {
    case "accept":
      return "inbox";
    case "junk":
      return "junk";
    case "quarantine":
      return "quarantine";
    case "defer":
      return isToBeKeptBack(verdict, policy) ? "quarantine" : "junk";
    case "reject":
      return policy.thresholds.quarantine !== null || isToBeKeptBack(verdict, policy) ? "quarantine" : "junk";
  }
}

/** What it would be if it did not come to something worse. */
function isToBeKeptBack({ sum, rules }: Verdict, { thresholds }: Policy): boolean {
  if (thresholds.quarantine !== null && sum >= thresholds.quarantine) return true;
  return rules.some(({ mode, findings }) => mode === "enforce" && findings.some(({ asks }) => asks === "quarantine"));
}
