/** Brings a report to those who asked for it: by the queue as own mail, into a mailbox here, or over HTTPS. */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { scanMessage } from "#mail/mime/scanner.ts";
import { fieldOctets, returnPathField } from "#mail/trace.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { PLAIN_SENDING } from "#store/queue-rows.ts";
import type { AccountId, Store } from "#store/store.ts";
import { REPORT_OCTETS_MAX } from "../limits.ts";
import type { Destination } from "./report-address.ts";
import { type ReportMessage, reportMessage } from "./report-message.ts";
import type { ReportPosts } from "./report-posts.ts";

export interface ReportSenderOptions {
  readonly store: Pick<Store, "deliver">;
  readonly posts: Pick<ReportPosts, "hand">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hostname: string;
  /** Address that reports come from; its domain is ours. */
  readonly from: string;
  /** Accounts here that an address leads to; undefined: it is elsewhere. */
  readonly accountsHere: (address: string) => Promise<readonly AccountId[] | undefined>;
}

export type FinishedReport = Pick<ReportMessage, "kind" | "domain" | "reportId" | "begin" | "end"> & {
  readonly text: string;
};

const pack = promisify(gzip);

export class ReportSender {
  readonly #options: ReportSenderOptions;

  constructor(options: ReportSenderOptions) {
    this.#options = options;
  }

  /** Rejects when the store fails. */
  async send(report: FinishedReport, destinations: readonly Destination[]): Promise<void> {
    const { kind, domain } = report;
    const packed = await pack(report.text);
    for (const destination of destinations) {
      if (destination.kind === "mail") await this.#mail(report, packed, destination);
      else await this.#options.posts.hand({ kind, domain, url: destination.url, packed });
    }
  }

  async #mail(
    report: FinishedReport,
    packed: Uint8Array,
    { address, octetsMax = REPORT_OCTETS_MAX }: Extract<Destination, { readonly kind: "mail" }>,
  ): Promise<void> {
    const { store, clock, random, log, hostname, from, accountsHere } = this.#options;
    const atMs = clock.now();
    const { kind, domain } = report;
    const content = reportMessage({ ...report, hostname, from, to: address, packed, id: random.id(), atMs });
    const fields = { kind, domain, to: address, octets: content.length };
    if (content.length > Math.min(octetsMax, REPORT_OCTETS_MAX)) return log.warn("report-too-large", fields);
    const accounts = await accountsHere(address);
    const prefix = fieldOctets(accounts === undefined ? [] : [returnPathField(null)]);
    const targets = (accounts ?? []).map((accountId) => ({ accountId, folder: "inbox", flags: [] }) as const);
    if (accounts?.length === 0) return log.info("report-for-nobody", fields);
    const stored = await store.deliver({
      content: { kind: "octets", octets: content },
      prefix,
      index: scanMessage(Buffer.concat([prefix, content])),
      receivedAtMs: atMs,
      targets,
      // What cannot be delivered is gone: nobody is told, and tomorrow there is another.
      queued: accounts === undefined ? [{ address, notify: ["NEVER"] }] : [],
      // Behind the mail of people.
      sending: { ...PLAIN_SENDING, origin: kind === "tls" ? "tls-report" : "own", priority: 2 },
      // RFC 9990 §3.5.2: a message that passes DMARC itself.
      mailFrom: from,
    });
    if (stored.ok) log.info("report-sent", fields);
    else log.warn("report-not-sent", { ...fields, cause: stored.problem });
  }
}
