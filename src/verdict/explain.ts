/** One decision as a page to read: what happened to whom, which rule said what, what was known, and what would change it. */
import type { DecisionRecord, RecipientOutcome, Stage } from "./decision-record.ts";
import { completed, type Evidence } from "./evidence.ts";
import { explainEvidence } from "./explain-evidence.ts";
import { labelled, section, wrapped } from "./page.ts";
import type { RuleName } from "./policy.ts";
import { type Disposition, type Finding, type RuleResult, severity } from "./verdict.ts";

export const HAPPENED: Readonly<Record<Disposition, string>> = {
  accept: "accepted",
  junk: "accepted into the Junk folder",
  quarantine: "accepted and kept back in quarantine",
  defer: "deferred (temporary refusal)",
  reject: "rejected",
};

const STAGES: Readonly<Record<Stage, string>> = {
  connect: "at the connection",
  helo: "at HELO",
  mail: "at MAIL",
  rcpt: "at RCPT",
  data: "after the message",
};

/** Lines of at most 80 columns. */
export function explain(record: DecisionRecord): string[] {
  const { verdict, whatWouldChangeIt } = record;
  const evidence = completed(record.evidence);
  const changes = whatWouldChangeIt.flatMap(({ what, disposition }) =>
    wrapped(`- ${what}: ${HAPPENED[disposition]}`, "  ", "    "),
  );
  return [
    ...head(record),
    ...section("Recipients", record.recipients.flatMap(recipientLines)),
    ...section("Whose mail", partyLines(record)),
    ...section(
      "Rules",
      verdict === null ? notJudged(record) : verdict.rules.flatMap((result) => ruleLines(result, evidence)),
    ),
    ...(verdict === null ? [] : [`  score ${verdict.sum}: ${HAPPENED[verdict.disposition]}`]),
    ...section("What was known", explainEvidence(evidence)),
    ...section("What would change it", changes),
    ...section("Reply", record.reply === null ? [] : replyLines(record.reply)),
  ];
}

function head(record: DecisionRecord): string[] {
  const { id, atMs, session, listener, message, messageId, account, mailFrom, clientName, clientAddress } = record;
  const time = new Date(atMs).toISOString().replace("T", " ").replace("Z", " UTC");
  const why = record.reasons.length === 0 ? "" : `: ${record.reasons.join(", ")}`;
  return [
    ...labelled("Decision", `${id}, ${time}`),
    ...labelled("Outcome", `${outcome(record)}${why}`),
    ...labelled("Client", clientName === null ? clientAddress : `${clientAddress}, HELO ${clientName}`),
    ...(account === null ? [] : labelled("Account", account)),
    ...(mailFrom === null ? [] : labelled("Sender", `<${mailFrom}>`)),
    ...(messageId === null ? [] : labelled("Message-ID", messageId)),
    ...(message === null ? [] : labelled("Kept as", message)),
    ...labelled("Session", `${session} (${listener}), settings ${record.settings}`),
  ];
}

/** Accepted recipients are no message yet. */
function outcome({ disposition, stage }: DecisionRecord): string {
  const isOpen = stage !== "data" && severity(disposition) <= severity("quarantine");
  return isOpen ? "recipients accepted, but no message came" : `${HAPPENED[disposition]} ${STAGES[stage]}`;
}

function recipientLines({ address, accepted, reason, reply }: RecipientOutcome): string[] {
  const fate = accepted ? "accepted" : `refused, ${reply.code} ${reason ?? ""}`;
  return wrapped(`<${address}> ${fate}`, "  ", "    ");
}

/** Only where it is not the same for all of them. */
function partyLines({ parties = [] }: DecisionRecord): string[] {
  const [first] = parties;
  if (first === undefined || parties.every((one) => one.disposition === first.disposition)) return [];
  return parties.flatMap(({ account, disposition, sum, filed }) => {
    const isTaken = filed === null || severity(disposition) <= severity("quarantine");
    const where = isTaken ? "" : `; taken for the sake of others, into ${filed}`;
    return wrapped(`${account}: score ${sum}, ${HAPPENED[disposition]}${where}`, "  ", "    ");
  });
}

function notJudged({ judged }: DecisionRecord): string[] {
  switch (judged) {
    case "authenticated":
      return ["  none asked: the user has logged in"];
    case "trusted-network":
      return ["  none asked: the client is in a trusted network"];
    case "local":
      return ["  none asked: mail handed on by a program of this server"];
    case "judged":
      return ["  none asked: the client had not come so far"];
  }
}

function ruleLines(result: RuleResult, evidence: Evidence): string[] {
  const { rule, mode, weight, findings } = result;
  const nothing = wasLookedAt(rule, evidence) ? "nothing found" : "not asked";
  const words = findings.length === 0 ? nothing : mode === "shadow" ? "shadow: recorded, not counted" : "";
  return [`  ${rule.padEnd(13)} ${signed(weight).padStart(5)}  ${words}`.trimEnd(), ...findings.flatMap(findingLines)];
}

function wasLookedAt(rule: RuleName, evidence: Evidence): boolean {
  const { helo, dnsbl, reverseDns, spf, author, dkim, dmarc, uriLists, ownUris, content, greylist, senderLists } =
    evidence;
  const { antivirus, milters, policy } = evidence;
  switch (rule) {
    case "block_list":
    case "early_talker":
      return true;
    case "helo":
      return helo !== null;
    case "dnsbl":
      return dnsbl !== null;
    case "reverse_dns":
      return reverseDns !== null;
    case "spf":
      return spf !== null;
    case "author":
      return author !== null;
    case "dkim":
      return dkim !== null;
    case "dmarc":
      return dmarc !== null;
    case "uri_lists":
      return uriLists !== null || ownUris !== null;
    case "content":
      return content !== null;
    case "policy":
      return policy !== null;
    case "sender_lists":
      return senderLists !== null;
    case "antivirus":
      return antivirus !== null;
    case "milter":
      return milters !== null;
    case "greylist":
      return greylist !== null;
  }
}

function findingLines({ reason, weight, asks, asksWithAnother, detail }: Finding): string[] {
  const alone = asks === "accept" ? "" : `; ${asks} by itself`;
  const withAnother = asksWithAnother === asks ? "" : `; ${asksWithAnother} together with another rule`;
  return wrapped(`${signed(weight)} ${reason}: ${detail}${alone}${withAnother}`, "    ", "      ");
}

function replyLines({ code, status, text }: NonNullable<DecisionRecord["reply"]>): string[] {
  return text
    .split("\n")
    .flatMap((line) => wrapped(`${code} ${status === null ? "" : `${status} `}${line}`, "  ", "    "));
}

function signed(weight: number): string {
  return weight > 0 ? `+${weight}` : String(weight);
}
