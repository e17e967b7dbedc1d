import { join } from "node:path";
import { createImapAccept } from "#access/imap/accept.ts";
import { createPop3Accept } from "#access/pop3/accept.ts";
import type { ListenerProtocol } from "#config/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { MimeScanner } from "#mail/mime/scanner.ts";
import { SecondaryRecipients } from "#pair/secondary-recipients.ts";
import { fileSpool } from "#platform/file-spool.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { Accept } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import { createSmtpAccept } from "#reception/accept.ts";
import { INLINE_OCTETS_MAX } from "#store/limits.ts";
import type { Store } from "#store/store.ts";
import type { ConnectionGate } from "./connection-gate.ts";
import type { FrontGate } from "./front-gate.ts";
import { openJudging } from "./judging.ts";
import { LimitRecords } from "./limit-records.ts";
import { openLogins } from "./logins.ts";
import { OutcomeFigures } from "./outcome-figures.ts";
import { primaryHostOf } from "./pairing-settings.ts";
import type { FrontData } from "./ports.ts";
import { reportArrivals } from "./report-arrivals.ts";
import { openReturnAddresses } from "./return-addresses.ts";
import { SenderListsFollower } from "./sender-lists-follower.ts";
import { openSendingLimits } from "./sending-limits-now.ts";
import { directorySettings, imapSettings, pop3Settings, receptionSettings } from "./slices.ts";
import { turningAwayBanned } from "./turn-away-banned.ts";

export interface ProtocolAccepts {
  /** HTTP: `web-accept.ts`. */
  readonly acceptFor: (protocol: Exclude<ListenerProtocol, "http">) => Accept;
  /** When the last connection is gone. */
  readonly close: () => Promise<void>;
}

/** What each protocol makes of a connection, with everything it needs wired to it. One for a thread. */
export async function protocolAccepts(
  { settings, version, outcomeMemory }: FrontData,
  {
    store,
    log,
    limits,
    gate,
  }: { readonly store: Store; readonly log: Log; readonly limits: ConnectionGate; readonly gate: FrontGate },
): Promise<ProtocolAccepts> {
  const clock = systemClock;
  const random = systemRandom;
  const directory = await createDirectory({ store, clock, settings: directorySettings(settings) });
  const { authenticator, accountSessions } = await openLogins(settings, { store, clock, random, log, gate });
  const spool = fileSpool({
    directory: join(settings.dataDir, "spool"),
    inlineOctetsMax: Math.min(settings.limits.messageInMemoryOctetsMax, INLINE_OCTETS_MAX),
    random,
  });
  const returns = await openReturnAddresses(settings, { clock, random });
  const senders = await SenderListsFollower.open({ store, clock, log });
  const outcomes = new OutcomeFigures(outcomeMemory);
  const judging = { settings, version, store, clock, random, log, gate, senders, outcomes };
  const { judge, close } = await openJudging(judging);
  const limitRecords = new LimitRecords(judge);
  limits.tellOfRefusals((refused) => limitRecords.refused(refused));
  const otherNodes = await SecondaryRecipients.open({ store, clock, log, primaryHostOf: primaryHostOf(settings) });
  const sending = openSendingLimits(settings, { store, clock, gate });
  const shared = { store, authenticator, logins: limits.logins, clock, random, log, spool };
  const imap = createImapAccept({
    ...shared,
    createScanner: () => new MimeScanner(),
    settings: imapSettings(settings),
    server: { hostname: settings.hostname, name: "Postern", version },
  });
  const pop3 = createPop3Accept({ ...shared, settings: pop3Settings(settings) });
  const arrivals = reportArrivals(settings, { store, clock, log });
  const smtp = (protocol: "smtp" | "submission" | "lmtp"): Accept =>
    createSmtpAccept({
      ...shared,
      isUnderLoad: limits.isCrowded,
      mayTrust: (address) => gate.mayTrust(address),
      accountSessions,
      directory,
      judge,
      returns,
      otherNodes,
      ...(sending === undefined ? {} : { sending }),
      onStored: (stored) => arrivals.arrived(stored),
      protocol,
      settings: receptionSettings(settings),
    });
  const accepts = {
    imap: turningAwayBanned("imap", judge, imap),
    pop3: turningAwayBanned("pop3", judge, pop3),
    smtp: smtp("smtp"),
    submission: smtp("submission"),
    lmtp: smtp("lmtp"),
  };
  return {
    acceptFor: (protocol) => accepts[protocol],
    close: async () => {
      authenticator.close();
      senders.close();
      otherNodes.close();
      await arrivals.settled();
      await close();
    },
  };
}
