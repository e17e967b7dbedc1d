/** Whose mail the open transaction is, and what the policy of each makes of it. */
import { formatMailbox, type Mailbox } from "#mail/address.ts";
import type { Evidence } from "#verdict/evidence.ts";
import { type Filing, filingOf, judgeFor, mildest, type PartyOutcome } from "#verdict/parties.ts";
import { type Policies, policyFor } from "#verdict/policies.ts";
import type { Policy } from "#verdict/policy.ts";
import { severity, type Verdict } from "#verdict/verdict.ts";
import type { Destination } from "./recipient-policy.ts";

/** An account here, or a recipient that is handed on. */
export interface Whose {
  readonly account: string;
  /** Null: elsewhere. */
  readonly accountId: number | null;
  /** RFC 5321 §4.5.1: it is to be reached. What it would not get goes to Junk. */
  readonly isPostmaster: boolean;
}

export interface Party extends Whose {
  readonly policy: Policy;
  readonly verdict: Verdict;
  /** A recipient of it was accepted. */
  readonly isAccepted: boolean;
}

export class TransactionParties {
  readonly #policies: Policies;
  readonly #byAccount = new Map<string, Party>();
  readonly #accountOf = new Map<number, string>();
  /** Verdicts about one and the same evidence: most messages are judged once, whoever they are for. */
  #judged: JudgedEvidence | undefined;
  /** By what all accepted ones were judged last. */
  #judgedAgain: Evidence | undefined;

  constructor(policies: Policies) {
    this.#policies = policies;
  }

  /** Judges those behind one recipient; of several accounts it goes as with the mildest. */
  judge(evidence: Evidence, whose: readonly Whose[]): Party {
    const parties = whose.map((one) => this.#judgeOne(evidence, one));
    const [first] = parties;
    if (first === undefined) throw new Error("a recipient is nobody's");
    return mildest(parties) ?? first;
  }

  accept(whose: readonly Whose[]): void {
    for (const { account, isPostmaster: asPostmaster } of whose) {
      const party = this.#byAccount.get(account);
      if (party === undefined) continue;
      // Taken as postmaster and by its own name, it is reached as by its own.
      const isPostmaster = asPostmaster && (!party.isAccepted || party.isPostmaster);
      this.#byAccount.set(account, { ...party, isPostmaster, isAccepted: true });
    }
  }

  /** There may be more evidence. Who was refused is out of it. */
  judgeAgain(evidence: Evidence): void {
    if (evidence === this.#judgedAgain) return;
    this.#judgedAgain = evidence;
    for (const party of this.accepted) this.#judgeOne(evidence, party);
  }

  get accepted(): readonly Party[] {
    return [...this.#byAccount.values()].filter(({ isAccepted }) => isAccepted);
  }

  /** Whose verdict is the message's: the mildest of those it was accepted for, postmaster last. Undefined of none. */
  get decisive(): Party | undefined {
    const { accepted } = this;
    const others = accepted.filter(({ isPostmaster }) => !isPostmaster);
    return mildest(others) ?? mildest(accepted) ?? mildest([...this.#byAccount.values()]);
  }

  /** Who has not been judged has it in the inbox. */
  filing(accountId: number): Filing {
    const party = this.#byAccount.get(this.#accountOf.get(accountId) ?? "");
    return party?.isAccepted === true ? filingOfParty(party) : "inbox";
  }

  /** Of a recipient that is another node's. */
  filingAt(address: string): Filing {
    const party = this.#byAccount.get(address);
    return party?.isAccepted === true ? filingOfParty(party) : "inbox";
  }

  /** The worst verdict of those it is kept back from: why that is. */
  keptBack(accountIds: readonly number[]): Verdict | undefined {
    const verdicts = accountIds.flatMap(
      (accountId) => this.#byAccount.get(this.#accountOf.get(accountId) ?? "")?.verdict ?? [],
    );
    const [worst] = verdicts.toSorted((one, other) => severity(other.disposition) - severity(one.disposition));
    return worst;
  }

  outcomes(max: number): readonly PartyOutcome[] {
    return [...this.#byAccount.values()].slice(0, max).map((party) => ({
      account: party.account,
      disposition: party.verdict.disposition,
      sum: party.verdict.sum,
      filed: party.isAccepted ? filingOfParty(party) : null,
    }));
  }

  #judgeOne(evidence: Evidence, whose: Whose): Party {
    const { account, accountId } = whose;
    const known = this.#byAccount.get(account);
    const policy = policyFor(this.#policies, account);
    const verdict = this.#verdictFor(evidence, policy, account);
    const { isPostmaster, isAccepted } = known?.isAccepted === true ? known : { ...whose, isAccepted: false };
    const party = { account, accountId, isPostmaster, policy, verdict, isAccepted };
    this.#byAccount.set(account, party);
    if (accountId !== null) this.#accountOf.set(accountId, account);
    return party;
  }

  #verdictFor(evidence: Evidence, policy: Policy, account: string): Verdict {
    if (this.#judged?.evidence !== evidence) this.#judged = new JudgedEvidence(evidence);
    return this.#judged.verdictFor(policy, account);
  }
}

/** The same evidence under the policies that meet it. */
class JudgedEvidence {
  readonly evidence: Evidence;
  /** Accounts, and domains with their at sign, about which sender lists or a policy file say something of their own. */
  readonly #apart: ReadonlySet<string>;
  readonly #verdicts = new Map<Policy, Map<string, Verdict>>();

  constructor(evidence: Evidence) {
    const { listings = [], writtenTo = [] } = evidence.senderLists ?? {};
    this.evidence = evidence;
    const told = (evidence.policy?.answers ?? []).filter(({ outcome }) => outcome.kind !== "nothing");
    this.#apart = new Set([
      ...listings.map(({ scope }) => scope),
      ...writtenTo.map(({ account }) => account),
      ...told.flatMap(({ accounts }) => accounts ?? []),
    ]);
  }

  verdictFor(policy: Policy, account: string): Verdict {
    const domain = account.slice(account.lastIndexOf("@"));
    // All others of a domain, or of none that is told apart, are judged alike.
    const group = this.#apart.has(account) ? account : this.#apart.has(domain) ? domain : "";
    const verdicts = this.#verdicts.get(policy) ?? new Map<string, Verdict>();
    this.#verdicts.set(policy, verdicts);
    const verdict = verdicts.get(group) ?? judgeFor(this.evidence, policy, account);
    verdicts.set(group, verdict);
    return verdict;
  }
}

/** The accounts of a recipient, or itself where it is handed on. */
export function whoseMail(path: Mailbox | "postmaster", destination: Destination): readonly Whose[] {
  const isPostmaster = isForPostmaster(path);
  if (destination.kind === "queue") return [{ account: destination.address, accountId: null, isPostmaster }];
  if (destination.kind === "return") return [{ account: recipientText(path), accountId: null, isPostmaster }];
  const here = destination.accounts.map(({ address, accountId }) => ({ account: address, accountId, isPostmaster }));
  // An alias that only leads elsewhere is judged as an address of its domain.
  return here.length > 0 ? here : [{ account: recipientText(path), accountId: null, isPostmaster }];
}

export function isForPostmaster(path: Mailbox | "postmaster"): boolean {
  return path === "postmaster" || path.localPart.toLowerCase() === "postmaster";
}

export function recipientText(path: Mailbox | "postmaster"): string {
  return path === "postmaster" ? path : formatMailbox(path);
}

export function filingOfParty(party: Party): Filing {
  const filing = filingOf(party);
  return party.isPostmaster && filing === "quarantine" ? "junk" : filing;
}
