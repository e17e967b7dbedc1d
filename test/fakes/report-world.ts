/** Decisions about a sender's mail, and a day's reports of them on a clock of their own. */
import type { DmarcEvidence, DmarcRecordEvidence } from "#evidence/dmarc/evidence.ts";
import { DailyReports, type DailyReportsOptions } from "#reports/outbound/daily-reports.ts";
import type { Destination } from "#reports/outbound/report-address.ts";
import type { FinishedReport } from "#reports/outbound/report-sender.ts";
import type { Store } from "#store/store.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { FakeClock } from "./clock.ts";
import { CLIENT, dmarc, evidence, spf } from "./evidence.ts";
import { FakeLog } from "./log.ts";
import { FakeRandom } from "./random.ts";
import { type FakeNames, FakeResolver } from "./resolver.ts";

export const PUBLISHED: DmarcRecordEvidence = {
  domain: "sender.example",
  text: "v=DMARC1; p=reject; fo=1:d; rua=mailto:d@sender.example",
  p: "reject",
  sp: "quarantine",
  np: undefined,
  spfAlignment: "relaxed",
  dkimAlignment: "strict",
  isTesting: false,
  differsForOldReaders: false,
};

/** A stranger's message that nothing proves, refused as its author's policy asks. */
export function decided(changes: Partial<DecisionRecord> = {}, found: Partial<DmarcEvidence> = {}): DecisionRecord {
  return {
    version: 1,
    id: "decision",
    session: "session",
    atMs: Date.UTC(2030, 0, 1, 12),
    listener: "smtp",
    clientAddress: CLIENT,
    clientName: "mail.sender.example",
    account: null,
    mailFrom: "alice.secret@bounce.example",
    recipients: [],
    message: null,
    messageId: "<secret@sender.example>",
    stage: "data",
    judged: "judged",
    evidence: evidence({
      spf: spf("pass", { domain: "bounce.example", identity: "mail-from" }),
      dmarc: dmarc("fail", "reject", { record: PUBLISHED, ...found }),
    }),
    verdict: null,
    disposition: "reject",
    reasons: ["dmarc-reject"],
    reply: null,
    settings: "settings",
    whatWouldChangeIt: [],
    ...changes,
  };
}

export class ReportWorld {
  readonly clock: FakeClock;
  readonly log = new FakeLog();
  readonly resolver: FakeResolver;
  readonly sent: (FinishedReport & { readonly to: readonly Destination[] })[] = [];
  readonly reports: DailyReports;

  constructor(
    store: Store,
    names: FakeNames,
    more: Partial<DailyReportsOptions> = {},
    clock = new FakeClock(Date.UTC(2030, 0, 1, 23)),
  ) {
    this.clock = clock;
    this.resolver = new FakeResolver(names);
    this.reports = new DailyReports({
      store,
      resolver: this.resolver,
      sender: { send: async (report, to) => void this.sent.push({ ...report, to }) },
      clock: this.clock,
      random: new FakeRandom(),
      log: this.log,
      hostname: "mx.local.test",
      organization: "Local",
      from: "postmaster@local.test",
      kinds: ["tls", "dmarc"],
      isReportAddress: (address) => address === "postmaster@local.test",
      ...more,
    });
  }

  /** In small steps, with what waits between them. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 60_000) {
      this.clock.advance(Math.min(left, 60_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
