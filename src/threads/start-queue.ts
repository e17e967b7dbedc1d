/** Sends mail to other servers: the queue's dispatcher, delivery and signing, put together in the thread they have for themselves. */
import type { MessagePort } from "node:worker_threads";
import { outgoingAttempt } from "#delivery/outgoing-attempt.ts";
import { SigningKeys } from "#delivery/signing/signing-keys.ts";
import type { Directory } from "#identity/directory.ts";
import type { ReturnAddresses } from "#identity/return-address.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { parseDomain, parseMailbox } from "#mail/address.ts";
import { openLog } from "#platform/json-log.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { Clock } from "#ports/clock.ts";
import { BounceDesk, type SenderPlace } from "#queue/bounces/bounce-desk.ts";
import { Dispatcher } from "#queue/dispatcher.ts";
import { RefusalsOfUs } from "#queue/refusals-of-us.ts";
import type { Alert } from "./alert.ts";
import type { GateOrder } from "./gate-messages.ts";
import { GateReporter } from "./gate-reporter.ts";
import { openHandOn, staysHere } from "./hand-on.ts";
import { NextHopAlerts } from "./next-hop-alerts.ts";
import { OutcomeFigures } from "./outcome-figures.ts";
import type { QueueData } from "./ports.ts";
import { refusedAlert } from "./refused-elsewhere.ts";
import { openRemoteDelivery } from "./remote-delivery.ts";
import { openReports } from "./reports.ts";
import { openReturnAddresses } from "./return-addresses.ts";
import { directorySettings, mayLeave, queueSettings } from "./slices.ts";
import { storeOver } from "./store-ports.ts";

export interface RunningQueue {
  /** Gives what is under way some time, and back to the queue what needs more. */
  close(): Promise<void>;
}

export async function startQueue({
  settings,
  outcomeMemory,
  log: logOptions,
  storePorts,
  gatePort,
}: QueueData): Promise<RunningQueue> {
  const clock = systemClock;
  const random = systemRandom;
  const { hostname } = settings;
  const { log, flush } = openLog(logOptions);
  const store = storeOver(storePorts);
  const directory = await createDirectory({ store, clock, settings: directorySettings(settings) });
  const keys = new SigningKeys(store, { isOurs: (domain) => isOurs(directory, domain), now: () => clock.now() });
  const returns = await openReturnAddresses(settings, { clock, random });
  const gate = reportOver(gatePort, clock);
  const remote = openRemoteDelivery(settings, { clock, random, log, nextHops: new NextHopAlerts({ clock, gate }) });
  const toNodes = await openHandOn(settings, { store, directory, clock, random, log });
  const elsewhere = mayLeave(settings) ? outgoingAttempt(remote.attempt, { keys, hostname, clock }) : staysHere(clock);
  const outcomes = new OutcomeFigures(outcomeMemory);
  const refusals = new RefusalsOfUs();
  const dispatcher = new Dispatcher({
    store,
    attempt: toNodes.attempt(elsewhere),
    bounces: new BounceDesk({
      store,
      hostname,
      random,
      log,
      findSender: (address) => findSender(directory, returns, address),
    }),
    settings: queueSettings(settings),
    hearOutcome: (outcome) => outcomes.delivery(outcome),
    clock,
    random,
    log,
    attempted: (queueId, report) => {
      for (const refusal of refusals.note(queueId, report, clock.now())) gate.alert(refusedAlert(refusal));
    },
    messageLost: (queueId, what) => gate.alert(messageLost(queueId, what)),
  });
  const reports = openReports(settings, { store, directory, clock, random, log, tlsResults: remote.tlsResults });
  return {
    async close() {
      await dispatcher.close();
      await reports.close();
      remote.close();
      toNodes.close();
      keys.close();
      directory.close();
      await store.close();
      gate.close();
      flush();
    },
  };
}

function messageLost(queueId: number, what: string): Alert {
  return {
    name: "queued-message-lost",
    subject: `message ${queueId} of the queue`,
    text: `Message ${queueId} of the queue cannot be sent: ${what}. It waits, and other mail is sent.`,
    remedy: `Look at the disk, and run \`postern verify\`. With a backup: \`postern restore\`. Otherwise tell its sender (\`postern queue show ${queueId}\`) and remove it (\`postern queue remove ${queueId}\`).`,
    evidence: [what],
  };
}

/** Alerts of this thread, to where those of all threads are. */
function reportOver(port: MessagePort, clock: Clock) {
  const reporter = new GateReporter({ clock, send: (batch) => port.postMessage(batch) });
  port.on("message", ({ kind }: GateOrder) => {
    if (kind === "taken") reporter.taken();
  });
  return {
    alert: (alert: Alert): void => reporter.add({ kind: "alert", alert }),
    settled: (name: string, subject: string): void => reporter.add({ kind: "settled", name, subject }),
    close(): void {
      reporter.close();
      port.close();
    },
  };
}

async function isOurs(directory: Directory, name: string): Promise<boolean> {
  const domain = parseDomain(name);
  return domain.ok && directory.domainRole(domain.value) === "primary";
}

async function findSender(directory: Directory, returns: ReturnAddresses, address: string): Promise<SenderPlace> {
  const mailbox = parseMailbox(address, { utf8: true });
  if (!mailbox.ok) return { kind: "nobody" };
  // Of mail that passed through, its writer is told.
  const writer = returns.read(mailbox.value);
  if (writer !== undefined) return { kind: "elsewhere", address: writer };
  if (directory.domainRole(mailbox.value.domain) !== "primary") return { kind: "elsewhere" };
  const found = await directory.resolve(mailbox.value);
  if (found.kind !== "accounts" || found.recipients.length === 0) return { kind: "nobody" };
  return { kind: "accounts", accountIds: found.recipients.map(({ accountId }) => accountId) };
}
