/** What all connections of a thread are judged with. */
import { LRUCache } from "lru-cache";
import type { Greylist } from "#evidence/greylist/greylist.ts";
import type { PolicyAsker } from "#evidence/policy/question.ts";
import type { Correspondents } from "#evidence/sender-lists/correspondents.ts";
import type { SenderListing } from "#evidence/sender-lists/evidence.ts";
import type { SenderIdentity } from "#evidence/sender-lists/sender-lists.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import type { Clock } from "#ports/clock.ts";
import type { Connection } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { BlockListEntry, Evidence } from "#verdict/evidence.ts";
import type { Policies } from "#verdict/policies.ts";
import { type Policy, RULE_NAMES } from "#verdict/policy.ts";
import type { Disposition } from "#verdict/verdict.ts";
import type { DecisionSink } from "./decision-sink.ts";
import type { Checks, GatheringOptions } from "./evidence-gathering.ts";
import { REFUSALS_RECORDED_EVERY_MS, REFUSALS_REMEMBERED_MAX } from "./limits.ts";
import type { ListenerProtocol } from "./listener-session.ts";
import type { Scanners } from "./message-scan.ts";

export interface JudgeDependencies {
  readonly policies: Policies;
  /** Names policies and lists in records. */
  readonly settingsName: string;
  readonly checks: Checks;
  /** The live entry of our block list in the way of this address, if any. */
  readonly findBan: (address: string, scope: "smtp" | "auth") => BlockListEntry | undefined;
  /** Other clients stand behind the address (masquerading, a proxy that says nothing): rules that go by address are suspended. */
  readonly hidesOthers?: (address: string) => boolean;
  /** Where the rule is off there is none. */
  readonly greylist?: Greylist | undefined;
  /** Entries of the sender lists that are there now and match. */
  readonly findSenders?: ((sender: SenderIdentity) => readonly SenderListing[]) | undefined;
  /** Undefined where the rule is off. */
  readonly correspondents?: Correspondents | undefined;
  /** The operator's own checks, where there are any. */
  readonly policyFile?: PolicyAsker | undefined;
  readonly quarantine?: QuarantineSettings | undefined;
  /** Hears whether there was room for a message that is kept back. */
  readonly hearQuarantine?: (hasRoom: boolean) => void;
  /** Programs beside us that look at messages; absent where none is set up. */
  readonly scanners?: Scanners | undefined;
  readonly sink: DecisionSink;
  /** Hears of what speaks against a client. Wrong passwords are told by those who check them, for all protocols alike. */
  readonly hearOffence?: (offence: Offence) => void;
  /** Milliseconds until this client, one of a group that misbehaves together, may write to that recipient; undefined: now. */
  readonly mustWait?: (client: {
    readonly address: string;
    readonly clientName: string;
    readonly recipient: string;
  }) => number | undefined;
  /** A client has said its name. `proven`: it has logged in, too. */
  readonly hearName?: (address: string, clientName: string, proven: boolean) => void;
  /** Hears once of each message or attempt at one, when it is over. */
  readonly hearOutcome?: (outcome: Disposition) => void;
  /** Hears of every verdict, for the health of lists. */
  readonly hearVerdict?: (evidence: Evidence) => void;
  /** Likewise of every verdict on a message that is there. @param client its address. */
  readonly hearMessageVerdict?: (evidence: Evidence, client: string) => void;
  /** Milliseconds for the look-ups of one step: `dns.timeout_ms`. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface QuarantineSettings {
  /** How long mail stays. Milliseconds. */
  readonly keepMs: number;
  /** Room for all of it. */
  readonly octetsMax: number;
}

export interface MetClient {
  readonly session: string;
  readonly listener: ListenerProtocol;
  readonly address: string;
  /** Our own address on this connection. */
  readonly localAddress: string;
  /** In a network that the operator trusts on this listener. */
  readonly trusted: boolean;
  /** TLS may begin later. */
  readonly connection?: Pick<Connection, "tls">;
}

export class Judge {
  readonly deps: JudgeDependencies;
  readonly gathering: GatheringOptions;
  /** Of those whom the policy file alone judges: nothing is looked up. */
  readonly nothingGathered: GatheringOptions;
  readonly #refusedMs = new LRUCache<string, number>({ max: REFUSALS_REMEMBERED_MAX });

  constructor(deps: JudgeDependencies) {
    this.deps = deps;
    const { checks, policies, greylist, budgetMs, hidesOthers = () => false, clock, log } = deps;
    const { modes, knownForwarders } = policies.standard;
    const asksForName = modes.dmarc !== "off" && knownForwarders.names.length > 0;
    this.gathering = { checks, modes, asksForName, greylist, hidesOthers, budgetMs, clock, log };
    this.nothingGathered = { ...this.gathering, modes: ALL_OFF, asksForName: false, greylist: undefined };
  }

  /** A client that is refused before it has said anything, again and again, leaves a record now and then. */
  isWorthARecord(address: string): boolean {
    const nowMs = this.deps.clock.monotonicMs();
    const lastMs = this.#refusedMs.get(address);
    if (lastMs !== undefined && nowMs - lastMs < REFUSALS_RECORDED_EVERY_MS) return false;
    this.#refusedMs.set(address, nowMs);
    return true;
  }
}

const ALL_OFF = Object.fromEntries(RULE_NAMES.map((rule) => [rule, "off"])) as Policy["modes"];
