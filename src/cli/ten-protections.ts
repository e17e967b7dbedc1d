/**
 * The ten protections and what this version does about each. Whoever prints a state takes it from here, so that
 * page, status and self-test cannot disagree, and nothing is called on that is not built.
 */
import type { Settings } from "#config/settings.ts";
import type { RuleMode } from "#verdict/policy.ts";

export type ProtectionState = "on" | "partly" | "off" | "not-built" | "failed";

export interface Protection {
  readonly number: number;
  readonly name: string;
  readonly state: ProtectionState;
  /** What it does here and now, or what is missing. Short: a line fits 80 columns. */
  readonly detail: string;
}

/** What was seen while running; absent where nobody looked. */
export interface ProtectionFacts {
  /** `passed`, or how many relay vectors got a wrong answer. */
  readonly relaySelfTest?: "passed" | number;
  readonly pair?: PairFacts;
}

/** How it stands with other nodes: counts. */
export interface PairFacts {
  readonly nodes: number;
  /** Nodes that were not heard for an hour. */
  readonly silent: number;
  /** Domains of theirs whose recipients we do not know, or know from long ago. */
  readonly withoutList: number;
  readonly oldLists: number;
}

export function tenProtections(settings: Settings, facts: ProtectionFacts = {}): readonly Protection[] {
  const { rules } = settings;
  const trusted = settings.relay.trustedNetworks.length;
  const certificate = CERTIFICATES[settings.tls.source];
  const rows: readonly (readonly [name: string, state: ProtectionState, detail: string])[] = [
    ["relay control", ...relayState(facts, trusted)],
    ["DNS block lists", ...ruleState(rules.dnsbl, "on", "clients and senders")],
    ["own block list", ...ruleState(rules.blockList, "on", "bans by hand and by rule, which end")],
    ["SMTP AUTH", ...authState(settings)],
    ["SPF, DKIM, DMARC, ARC", ...ruleState(rules.dmarc, "on", "mail that its author's domain disowns")],
    ["TLS for IMAP and POP3", "on", `1.2 or newer, no password in clear, ${certificate}`],
    ["URI block lists", ...ruleState(rules.uriLists, "on", "what links of a message lead to")],
    ["connection limits", "on", limitsDetail(settings)],
    ["reverse DNS and HELO", ...ruleState(rules.reverseDns, "on", "names that lead both ways; HELO not our own")],
    ["two MX and failover", ...failOverState(settings, facts.pair)],
  ];
  return rows.map(([name, state, detail], index) => ({ number: index + 1, name, state, detail }));
}

/** Guessing is the block list's affair; what a stolen password is worth, the limits'. */
function authState({ rules, sending }: Settings): readonly [ProtectionState, string] {
  if (rules.sending !== "enforce") return ["partly", "inside TLS only; a stolen password sends without limits"];
  const { messagesPerHour: most } = sending;
  return ["on", `inside TLS only; ${most === 0 ? "no limit of messages/h" : `${most} messages/h`}, bursts are held`];
}

const CERTIFICATES = { files: "own certificate", acme: "ACME", "self-signed": "self-signed" } as const;

/** On: others' MX are tried in turn, and another node stands in for this one, or this one for another. */
function failOverState({ delivery }: Settings, pair: PairFacts | undefined): readonly [ProtectionState, string] {
  const sends = delivery.outbound && !delivery.hold;
  if (pair === undefined || pair.nodes === 0) {
    return sends ? ["partly", "others' MX in turn; none of our own"] : ["off", "nothing leaves this machine"];
  }
  if (pair.withoutList > 0) return ["partly", `${pair.withoutList} domains without a recipient list: 451`];
  if (pair.oldLists > 0) return ["partly", `${pair.oldLists} recipient lists are over an hour old`];
  if (pair.silent > 0) return ["partly", `${pair.silent} of ${pair.nodes} paired nodes not heard for an hour`];
  return sends
    ? ["on", `others' MX in turn; paired with ${pair.nodes}`]
    : ["partly", `paired with ${pair.nodes}; sends nothing`];
}

/** A rule that only watches, or not even that, is no protection that is on. */
function ruleState(mode: RuleMode, built: ProtectionState, detail: string): readonly [ProtectionState, string] {
  switch (mode) {
    case "enforce":
      return [built, detail];
    case "shadow":
      return ["partly", "recorded, without effect (shadow)"];
    case "off":
      return ["off", ""];
  }
}

function limitsDetail({ limits }: Settings): string {
  const { connectionsTotal, connectionsPerAddress, connectionsPerMinutePerAddress } = limits;
  return `${connectionsTotal} in all, ${connectionsPerAddress} and ${connectionsPerMinutePerAddress}/min an address`;
}

function relayState({ relaySelfTest }: ProtectionFacts, trusted: number): readonly [ProtectionState, string] {
  const networks = trusted === 0 ? "no address is trusted" : `${trusted} trusted networks`;
  if (typeof relaySelfTest === "number") return ["failed", `${relaySelfTest} relay vectors got a wrong answer`];
  return ["on", relaySelfTest === "passed" ? `${networks}, self-test passed` : networks];
}

const STATE_WORDS: Readonly<Record<ProtectionState, string>> = {
  on: "on",
  partly: "partly",
  off: "off by the settings",
  "not-built": "not in this version yet",
  failed: "FAILED",
};

/** `` 1 relay control          on: no address is trusted`` */
export function protectionLine({ number, name, state, detail }: Protection): string {
  const words = detail === "" ? STATE_WORDS[state] : `${STATE_WORDS[state]}: ${detail}`;
  return `${String(number).padStart(2)} ${name.padEnd(22)} ${words}`;
}
