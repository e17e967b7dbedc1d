/** What one thread judges clients with: the DNS, the lists and their health, our own block list, and a way for the records. */
import type { Settings } from "#config/settings.ts";
import type { ListAlert } from "#evidence/dnsbl/alerts.ts";
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import { ListWatch } from "#evidence/dnsbl/list-watch.ts";
import { queryLists } from "#evidence/dnsbl/query-lists.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { Greylist } from "#evidence/greylist/greylist.ts";
import { checkHelo, type HeloInquiry } from "#evidence/reverse-dns/check-helo.ts";
import { checkReverseDns } from "#evidence/reverse-dns/check-reverse-dns.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import { Correspondents } from "#evidence/sender-lists/correspondents.ts";
import { checkSpf } from "#evidence/spf/check-spf.ts";
import type { BlockEntry } from "#gate/block-list/entry.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { DecisionBuffer } from "#reception/decision-sink.ts";
import { Judge, type JudgeDependencies } from "#reception/judge.ts";
import type { Store } from "#store/store.ts";
import type { BlockListEntry } from "#verdict/evidence.ts";
import { decisionRow } from "./decision-rows.ts";
import type { FrontGate } from "./front-gate.ts";
import { greylistSettings } from "./greylist-settings.ts";
import { tellOfLists } from "./list-figures.ts";
import { tellLinkLists, tellLists } from "./list-judgements.ts";
import { messageChecks } from "./message-checks.ts";
import type { OutcomeFigures } from "./outcome-figures.ts";
import { policiesOf, settingsName } from "./policy.ts";
import { openPolicyHost, PolicyFileWatch } from "./policy-file.ts";
import type { PolicyHost } from "./policy-host.ts";
import { isReachable } from "./reachable.ts";
import { openScanners } from "./scanners.ts";
import type { SenderListsFollower } from "./sender-lists-follower.ts";

const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
const QUARANTINE_FULL = "quarantine-full";

export interface Judging {
  readonly judge: Judge;
  /** Keeps what waits to be kept; asks nobody any more. */
  readonly close: () => Promise<void>;
}

type GreylistMethod = "findGreylist" | "putGreylistTry" | "putGreylistKnown";
type CorrespondentMethod = "putCorrespondents" | "findCorrespondents";

export interface JudgingOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly store: Pick<Store, "putDecisions" | GreylistMethod | CorrespondentMethod>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Knows the bans and which addresses hide others; hears what speaks against clients, and what is wrong with a list. */
  readonly gate: FrontGate;
  /** Knows the sender lists. */
  readonly senders: Pick<SenderListsFollower, "matching">;
  /** Counts what became of messages. */
  readonly outcomes?: OutcomeFigures;
}

export async function openJudging(options: JudgingOptions): Promise<Judging> {
  const { settings, version, store, clock, random, log, gate, senders, outcomes } = options;
  const policies = policiesOf(settings);
  const { servers, timeoutMs } = settings.dns;
  const resolver = createDnsClient({ servers, timeoutMs, clock, random, log });
  const lists = listsOf(settings, log);
  const resolverName = servers.length === 0 ? "the system's resolver" : servers.join(", ");
  const onAlert = (alert: ListAlert): void => tell(gate, log, alert);
  const watch = new ListWatch({ lists, resolver, resolverName, clock, random, onAlert });
  const sink = new DecisionBuffer({ clock, log, keep: decisionRow, write: (rows) => store.putDecisions(rows) });
  // Nobody waits for the first round: until it is over lists count for nothing.
  if (isReachable(settings)) void watch.start();
  const stopTelling = tellOfLists(watch, { front: random.id(), clock, tell: (told) => gate.lists(told) });
  const policyFile = openPolicyFile({ settings, gate, clock, log });
  // Which functions it has is known then. One that cannot be loaded is told of, and asked again and again.
  await policyFile?.loaded;
  const judge = new Judge({
    policies,
    settingsName: settingsName(policies),
    checks: {
      reverseDns: (client, deadlineMs) => checkReverseDns({ client, resolver, deadlineMs }),
      helo: (said, reverseDns, deadlineMs) =>
        heloOf({ ...said, own: { names: [settings.hostname], addresses: [said.localAddress] } }, reverseDns, {
          resolver,
          deadlineMs,
        }),
      lists: (subjects, deadlineMs) => queryLists({ subjects, lists, guard: watch, resolver, deadlineMs }),
      ...messageChecks({ settings, resolver, lists, guard: watch, clock }),
      spf: (envelope, deadlineMs) => {
        const nowSeconds = Math.floor(clock.now() / SECOND_MS);
        return checkSpf({ ...envelope, receiver: settings.hostname, nowSeconds, resolver, deadlineMs });
      },
    },
    greylist: settings.rules.greylist === "off" ? undefined : openGreylist({ settings, store, clock, log }),
    findSenders: (sender) => senders.matching(sender),
    correspondents: settings.rules.senderLists === "off" ? undefined : new Correspondents(store, { clock, log }),
    policyFile,
    ...quarantining(settings, gate),
    findBan: (address, scope) => asEvidence(gate.bans.findBan(address, scope)),
    hidesOthers: (address) => gate.hidesOthers(address),
    hearOffence: (offence) => gate.offence(offence),
    mustWait: (client) => gate.mustWait(client),
    hearName: (address, clientName, proven) => gate.named(address, clientName, proven),
    ...(outcomes === undefined ? {} : { hearOutcome: (outcome) => outcomes.message(outcome) }),
    hearVerdict: (evidence) => tellLists(watch, evidence, policies.standard),
    hearMessageVerdict: (evidence, client) => tellLinkLists(watch, evidence, client, policies.standard),
    scanners: openScanners({ settings, version, dialer: systemDialer, clock, log, gate }),
    sink,
    budgetMs: timeoutMs,
    clock,
    random,
    log,
  });
  return {
    judge,
    close: async () => {
      stopTelling();
      watch.stop();
      policyFile?.close();
      await sink.flush();
    },
  };
}

function openGreylist({
  settings,
  store,
  ...around
}: Pick<JudgingOptions, "settings" | "store" | "clock" | "log">): Greylist {
  return new Greylist({ memory: store, settings: greylistSettings(settings), ...around });
}

function openPolicyFile({
  settings: { policyFile },
  ...around
}: Pick<JudgingOptions, "settings" | "gate" | "clock" | "log">): PolicyHost | undefined {
  if (policyFile === undefined) return undefined;
  return openPolicyHost(policyFile, { clock: around.clock, watch: new PolicyFileWatch({ ...policyFile, ...around }) });
}

/** What is kept back, and for how long; and that the administrator hears of it when there is no room for more. */
function quarantining(
  { quarantine }: Settings,
  gate: FrontGate,
): Pick<JudgeDependencies, "quarantine" | "hearQuarantine"> {
  const { keepDays, octetsMax } = quarantine;
  let isFull = false;
  return {
    quarantine: { keepMs: keepDays * DAY_MS, octetsMax },
    hearQuarantine: (hasRoom) => {
      if (hasRoom === !isFull) return;
      isFull = !hasRoom;
      if (hasRoom) return gate.settled(QUARANTINE_FULL, "");
      const text = "There is no room for more mail in quarantine: what should be kept back goes to Junk.";
      const remedy = "Look at `postern quarantine list`, remove what is spam, or raise quarantine.octets_max.";
      gate.alert({ name: QUARANTINE_FULL, subject: "", text, remedy, evidence: [] });
    },
  };
}

/** None where both rules are off: nothing is asked then. */
function listsOf({ rules, lists }: Settings, log: Log): readonly DnsList[] {
  if (rules.dnsbl === "off" && rules.uriLists === "off") return [];
  const parsed = dnsLists(lists);
  if (parsed.ok) return parsed.value;
  log.error("lists-unusable", { ...parsed.problem });
  return [];
}

/**
 * The name's addresses are asked for at once; what the client's address points to is waited for only where they do not
 * lead to it. The second look is at answers that the resolver remembers.
 */
async function heloOf(
  said: Pick<HeloInquiry, "helo" | "client" | "own">,
  reverseDns: Promise<ReverseDnsEvidence | null>,
  how: Pick<HeloInquiry, "resolver" | "deadlineMs">,
): Promise<HeloEvidence> {
  const alone = await checkHelo({ ...said, ...how, reverseDns: undefined });
  if (alone.match !== "differs") return alone;
  const known = await reverseDns;
  return known === null ? { ...alone, match: "not-checked" } : checkHelo({ ...said, ...how, reverseDns: known });
}

function asEvidence(ban: BlockEntry | undefined): BlockListEntry | undefined {
  if (ban === undefined) return undefined;
  const { prefix, scope, reason, origin, sinceMs, untilMs } = ban;
  return { entry: prefix, scope, reason, origin, sinceMs, untilMs };
}

function tell(gate: FrontGate, log: Log, { kind, list, text, remedy }: ListAlert): void {
  if (kind !== "healthy-again") return gate.alert({ name: `list-${kind}`, subject: list, text, remedy, evidence: [] });
  log.info("list", { list, state: kind, text });
  for (const over of TROUBLES) gate.settled(`list-${over}`, list);
}

/** What a list that works again does not have any more. */
const TROUBLES: readonly ListAlert["kind"][] = [
  "dead",
  "lists-the-world",
  "refuses-us",
  "suspended",
  "timing-out",
  "failing",
];
