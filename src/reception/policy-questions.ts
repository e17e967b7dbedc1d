/** Asks the operator's policy file about one transaction: what it is told, and whose mail each answer is about. */
import type { Connection, Message, Recipient, Sender } from "#evidence/policy/check.ts";
import type { PolicyAnswer, PolicyStage } from "#evidence/policy/evidence.ts";
import { messageFacts } from "#evidence/policy/message-facts.ts";
import type { PolicyAsker } from "#evidence/policy/question.ts";
import { RECORDED_RECIPIENTS_MAX } from "#verdict/decision-record.ts";
import type { Evidence } from "#verdict/evidence.ts";
import type { Verdict } from "#verdict/verdict.ts";
import type { ReadableMessage } from "./evidence-gathering.ts";
import type { MetClient } from "./judge.ts";
import { SILENT_ANSWERS_MAX } from "./limits.ts";
import type { Whose } from "./transaction-parties.ts";

/** What is known of the client by now, but for what the DNS says. */
export type ClientFacts = Omit<Connection, "reverseName">;

export function clientFacts(
  { address, listener, trusted, connection }: MetClient,
  name: string | null,
  account: { readonly address: string } | null,
): ClientFacts {
  const { version, cipher } = connection?.tls ?? {};
  return {
    address,
    listener: listener === "smtp" ? "smtp" : "submission",
    tls: version === undefined || cipher === undefined ? null : { version, cipher },
    helo: name ?? "",
    account: account?.address ?? null,
    isTrusted: trusted,
  };
}

export class PolicyQuestions {
  readonly #asker: PolicyAsker;
  readonly #mailFrom: string;
  readonly #client: ClientFacts;
  readonly #accepted: Recipient[] = [];
  #isEnvelopeAsked = false;

  /** @param mailFrom `local-part@domain`, empty for the null path. */
  constructor(asker: PolicyAsker, mailFrom: string, client: ClientFacts) {
    this.#asker = asker;
    this.#mailFrom = mailFrom;
    this.#client = client;
  }

  /** With the first one client and sender are asked about, too. Never rejects. */
  async recipient(
    evidence: Evidence,
    address: string,
    whose: readonly Whose[],
    { sum }: Pick<Verdict, "sum">,
  ): Promise<Evidence> {
    const stages = this.#having(this.#isEnvelopeAsked ? ["recipient"] : ["connection", "sender", "recipient"]);
    this.#isEnvelopeAsked = true;
    if (stages.length === 0) return evidence;
    const recipients = [recipientOf(address, whose)];
    const said = await this.#asker.ask({ stages, ...this.#envelope(evidence, sum), recipients, message: null });
    const accounts = whose.map(({ account }) => account);
    return withAnswers(
      evidence,
      said.map((answer) => ({ ...answer, accounts: answer.stage === "recipient" ? accounts : null })),
    );
  }

  accept(address: string, whose: readonly Whose[]): void {
    if (this.#accepted.length < RECORDED_RECIPIENTS_MAX) this.#accepted.push(recipientOf(address, whose));
  }

  /** @param verdict so far. Rejects only with the error of the message's octets. */
  async message(
    evidence: Evidence,
    { index, octets }: ReadableMessage,
    verdict: Pick<Verdict, "sum" | "reasons">,
  ): Promise<Evidence> {
    const stages = this.#having(["message"]);
    if (stages.length === 0) return evidence;
    const { urls, dkim, dmarc } = evidence;
    const message: Message = {
      ...(await messageFacts(index, octets)),
      linkHosts: (urls?.hosts ?? []).map(({ host }) => host),
      dkim: (dkim?.signatures ?? []).filter(({ result }) => result === "pass").map(({ domain }) => domain),
      dmarc: dmarc?.result ?? null,
      score: verdict.sum,
      reasons: verdict.reasons,
    };
    const recipients = [...this.#accepted];
    const said = await this.#asker.ask({ stages, ...this.#envelope(evidence, verdict.sum), recipients, message });
    return withAnswers(
      evidence,
      said.map((answer) => ({ ...answer, accounts: null })),
    );
  }

  #having(stages: readonly PolicyStage[]): readonly PolicyStage[] {
    return stages.filter((stage) => this.#asker.stages.has(stage));
  }

  #envelope({ reverseDns, spf, dnsbl }: Evidence, score: number): { connection: Connection; sender: Sender } {
    const address = this.#mailFrom;
    const listed = (dnsbl?.findings ?? []).filter(({ outcome }) => outcome.kind === "listed" && outcome.weight > 0);
    return {
      connection: { ...this.#client, reverseName: reverseDns?.confirmedName ?? null },
      sender: {
        address,
        domain: domainOf(address),
        spf: spf?.result ?? null,
        listedBy: [...new Set(listed.map(({ list }) => list))],
        score,
      },
    };
  }
}

function recipientOf(address: string, whose: readonly Whose[]): Recipient {
  const accounts = whose.filter(({ accountId }) => accountId !== null).map(({ account }) => account);
  return { address, domain: domainOf(address), accounts };
}

function domainOf(address: string): string {
  return address.includes("@") ? address.slice(address.lastIndexOf("@") + 1) : "";
}

/** Of many recipients the record need not hold that nothing was said about each. */
function withAnswers(evidence: Evidence, answers: readonly PolicyAnswer[]): Evidence {
  const known = evidence.policy?.answers ?? [];
  const telling =
    known.length < SILENT_ANSWERS_MAX ? answers : answers.filter(({ outcome }) => outcome.kind !== "nothing");
  return { ...evidence, policy: { answers: [...known, ...telling] } };
}
