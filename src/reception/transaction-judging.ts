/**
 * One transaction as it is judged: what is known of client and envelope is gathered at its first recipient, each recipient's
 * policy makes its verdict of it, and once more when the message is there. The draft has what came of it.
 */
import type { SenderTry } from "#evidence/greylist/greylist.ts";
import { RECORDED_RECIPIENTS_MAX } from "#verdict/decision-record.ts";
import { type Evidence, NO_EVIDENCE } from "#verdict/evidence.ts";
import { type Filing, forRecipient } from "#verdict/parties.ts";
import type { Verdict } from "#verdict/verdict.ts";
import type { DecisionDraft } from "./decision-draft.ts";
import type { ArrivedMessage, EvidenceGathering } from "./evidence-gathering.ts";
import { mustWaitInGreylist } from "./greylist-wait.ts";
import type { JudgeDependencies } from "./judge.ts";
import type { ScanFindings } from "./message-scan.ts";
import type { PolicyQuestions } from "./policy-questions.ts";
import { SenderKnowledge } from "./sender-knowledge.ts";
import { filingOfParty, type Party, TransactionParties, type Whose } from "./transaction-parties.ts";

export interface TransactionJudgingOptions {
  readonly draft: DecisionDraft;
  readonly gathering: EvidenceGathering;
  /** The client's address. */
  readonly client: string;
  readonly deps: Pick<
    JudgeDependencies,
    "policies" | "log" | "findSenders" | "correspondents" | "hearVerdict" | "hearMessageVerdict"
  >;
  /** What the connection itself has shown by now. */
  readonly shown: () => Pick<Evidence, "spokeEarly" | "blockList">;
  readonly tried: () => SenderTry;
  /** Undefined where there is no policy file. */
  readonly policyFile?: PolicyQuestions | undefined;
}

export class TransactionJudging {
  readonly #options: TransactionJudgingOptions;
  readonly #parties: TransactionParties;
  readonly #knowledge: SenderKnowledge;
  readonly #mailFrom: string;
  #gathered: Promise<void> | undefined;

  constructor(options: TransactionJudgingOptions) {
    const { draft, client, deps } = options;
    this.#options = options;
    this.#mailFrom = draft.mailFrom ?? "";
    this.#parties = new TransactionParties(deps.policies);
    this.#knowledge = new SenderKnowledge(client, deps);
  }

  /** Of those behind one recipient. Never rejects. */
  async recipient(address: string, whose: readonly Whose[]): Promise<Party> {
    const { draft, policyFile } = this.#options;
    this.#gathered ??= this.#gather();
    await this.#gathered;
    const before = draft.evidence;
    const first = this.#parties.judge(before, whose);
    draft.evidence = await this.#knowledge.withWrittenTo(draft.evidence, [first, ...whose], this.#mailFrom);
    if (policyFile !== undefined) {
      draft.evidence = await policyFile.recipient(draft.evidence, address, whose, first.verdict);
    }
    const party = this.#judgedAgain(first, before, whose);
    const asked = draft.evidence;
    draft.evidence = await this.#greylisted(party);
    const judged = this.#judgedAgain(party, asked, whose);
    this.#decided();
    return judged;
  }

  accept(address: string, whose: readonly Whose[]): void {
    this.#options.policyFile?.accept(address, whose);
    this.#parties.accept(whose);
    this.#decided();
  }

  /**
   * The second look, for all that it was accepted for, with what programs beside us find.
   * Rejects only with the error of the message's octets.
   */
  async message(arrived: ArrivedMessage, scanning: Promise<ScanFindings>): Promise<void> {
    const { draft, gathering, deps, client, policyFile } = this.#options;
    const parties = this.#parties;
    const [found, scanned] = await Promise.all([gathering.message(arrived, this.#mailFrom), scanning]);
    const evidence = { ...draft.evidence, ...found, ...scanned };
    draft.evidence = { ...evidence, senderLists: this.#knowledge.ofMessage(evidence, this.#mailFrom) };
    parties.judgeAgain(draft.evidence);
    draft.evidence = await this.#knowledge.withWrittenTo(draft.evidence, parties.accepted, this.#mailFrom);
    parties.judgeAgain(draft.evidence);
    if (policyFile !== undefined && parties.decisive !== undefined) {
      draft.evidence = await policyFile.message(draft.evidence, arrived, parties.decisive.verdict);
      parties.judgeAgain(draft.evidence);
    }
    if (parties.decisive !== undefined) draft.evidence = await this.#greylisted(parties.decisive);
    parties.judgeAgain(draft.evidence);
    this.#decided();
    deps.hearMessageVerdict?.(draft.evidence, client);
  }

  /** Where the accepted message goes for this account. */
  filing(accountId: number): Filing {
    return this.#parties.filing(accountId);
  }

  /** The same for a recipient that is another node's. */
  filingAt(address: string): Filing {
    return this.#parties.filingAt(address);
  }

  /** Why it is kept back from these accounts. */
  keptBack(accountIds: readonly number[]): Verdict | undefined {
    return this.#parties.keptBack(accountIds);
  }

  /** Those behind one recipient, of whom more may be known than `before`. */
  #judgedAgain(judged: Party, before: Evidence, whose: readonly Whose[]): Party {
    const { evidence } = this.#options.draft;
    return evidence === before ? judged : this.#parties.judge(evidence, whose);
  }

  async #gather(): Promise<void> {
    const { draft, gathering, deps, shown } = this.#options;
    const gathered = await gathering.complete(this.#mailFrom);
    const senderLists = this.#knowledge.ofEnvelope(this.#mailFrom, gathering.authenticates);
    draft.evidence = { ...NO_EVIDENCE, ...gathered, ...shown(), senderLists };
    deps.hearVerdict?.(draft.evidence);
  }

  /** Whom the greylist makes wait is noted; who cannot be noted does not wait. In shadow it is noted all the same, once. */
  async #greylisted(party: Party): Promise<Evidence> {
    const { draft, gathering, tried } = this.#options;
    const { evidence } = draft;
    const found = evidence.greylist;
    if (found === null || draft.isGreylistNoted) return evidence;
    if (!mustWaitInGreylist(forRecipient(evidence, party.account), party.policy)) return evidence;
    draft.isGreylistNoted = true;
    return { ...evidence, greylist: await gathering.keepWaiting(found, tried()) };
  }

  /** The message goes as with the one it goes mildest with. */
  #decided(): void {
    const { draft } = this.#options;
    const { decisive } = this.#parties;
    if (decisive === undefined) return;
    draft.verdict = decisive.verdict;
    draft.decidedFor = decisive;
    draft.filing = filingOfParty(decisive);
    draft.parties = this.#parties.outcomes(RECORDED_RECIPIENTS_MAX);
  }
}
