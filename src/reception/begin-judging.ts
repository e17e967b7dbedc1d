/** By whom a transaction is judged: by all rules, by the operator's policy file alone, or by nobody. */
import type { DecisionDraft } from "./decision-draft.ts";
import { EvidenceGathering } from "./evidence-gathering.ts";
import type { Judge, MetClient } from "./judge.ts";
import { clientFacts, PolicyQuestions } from "./policy-questions.ts";
import { TransactionJudging, type TransactionJudgingOptions } from "./transaction-judging.ts";

export interface BegunTransaction extends Pick<TransactionJudgingOptions, "draft" | "shown" | "tried"> {
  readonly draft: DecisionDraft;
  /** Undefined where nobody is judged by the DNS. */
  readonly gathering: EvidenceGathering | undefined;
  readonly clientName: string | null;
  /** Who has logged in. */
  readonly account: { readonly address: string } | null;
}

/** Users and trusted networks are judged by the policy file alone; a local program that hands mail on by nobody. */
export function beginJudging(
  { deps, nothingGathered }: Judge,
  client: MetClient,
  { gathering, clientName, account, ...transaction }: BegunTransaction,
): TransactionJudging | undefined {
  const asker = client.listener === "lmtp" ? undefined : deps.policyFile;
  if (gathering === undefined && asker === undefined) return undefined;
  const mailFrom = transaction.draft.mailFrom ?? "";
  const policyFile = asker && new PolicyQuestions(asker, mailFrom, clientFacts(client, clientName, account));
  const shared = { ...transaction, client: client.address, policyFile };
  if (gathering !== undefined) return new TransactionJudging({ ...shared, gathering, deps });
  return new TransactionJudging({
    ...shared,
    gathering: new EvidenceGathering(client.address, client.localAddress, nothingGathered),
    deps: { policies: deps.policies, log: deps.log },
    shown: () => ({ spokeEarly: false, blockList: null }),
  });
}
