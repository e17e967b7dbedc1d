/** What is known of a sender beforehand, gathered for one client: the sender lists, and who of the recipients has written to it. */
import { NO_SENDER_LISTS, type SenderListEvidence } from "#evidence/sender-lists/evidence.ts";
import type { Evidence } from "#verdict/evidence.ts";
import type { Verdict } from "#verdict/verdict.ts";
import type { JudgeDependencies } from "./judge.ts";

/** One whose mail it may be; without a verdict it is asked about whatever it will be. */
interface Asked {
  readonly account: string;
  readonly accountId: number | null;
  readonly verdict?: Verdict;
}

type Dependencies = Pick<JudgeDependencies, "findSenders" | "correspondents" | "policies" | "log">;

export class SenderKnowledge {
  readonly #client: string;
  readonly #deps: Dependencies;

  constructor(client: string, deps: Dependencies) {
    this.#client = client;
    this.#deps = deps;
  }

  /** @param awaitsProof the message will be looked at for signatures. Null where the rule is off. */
  ofEnvelope(mailFrom: string, awaitsProof: boolean): SenderListEvidence | null {
    const { findSenders, policies } = this.#deps;
    if (findSenders === undefined || policies.standard.modes.sender_lists === "off") return null;
    return { ...NO_SENDER_LISTS, listings: findSenders({ mailFrom, author: "", client: this.#client }), awaitsProof };
  }

  /** The message is there, and with it the author. */
  ofMessage(evidence: Evidence, mailFrom: string): SenderListEvidence | null {
    const { findSenders } = this.#deps;
    const { senderLists } = evidence;
    if (senderLists === null || findSenders === undefined) return senderLists;
    const listings = findSenders({ mailFrom, author: authorOf(evidence), client: this.#client });
    return { listings, writtenTo: [], awaitsProof: false };
  }

  /** Nobody is asked about a sender that nothing speaks against. Never rejects: what is not known does not count. */
  async withWrittenTo(evidence: Evidence, asked: readonly Asked[], mailFrom: string): Promise<Evidence> {
    const { correspondents, log } = this.#deps;
    const { senderLists } = evidence;
    const speaks = asked.some(
      ({ verdict }) => verdict !== undefined && (verdict.sum > 0 || verdict.reasons.length > 0),
    );
    if (senderLists === null || correspondents === undefined || !speaks) return evidence;
    const accounts = new Map<number, string>();
    for (const { account, accountId } of asked) if (accountId !== null) accounts.set(accountId, account);
    for (const { account } of senderLists.writtenTo) {
      for (const [id, known] of accounts) if (known === account) accounts.delete(id);
    }
    try {
      const found = await correspondents.writtenTo(accounts, { mailFrom, author: authorOf(evidence) });
      if (found.length === 0) return evidence;
      return { ...evidence, senderLists: { ...senderLists, writtenTo: [...senderLists.writtenTo, ...found] } };
    } catch (error) {
      log.error("correspondents-not-asked", { cause: String(error) });
      return evidence;
    }
  }
}

/** `local-part@domain`, or empty where there is no one author, or no message yet. */
function authorOf({ author, dmarc, content }: Evidence): string {
  const known = dmarc?.author ?? author;
  if (known === null) return content?.headerFrom?.address ?? "";
  return known.kind === "one" ? known.address : "";
}
