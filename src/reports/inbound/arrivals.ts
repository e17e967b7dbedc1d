/**
 * Takes down the reports among the mail that came to our report addresses: one message at a time, behind the mail. The mail
 * itself is in its mailbox already, whatever becomes of this.
 */
import { Buffer } from "node:buffer";
import type { MessageIndex } from "#mail/mime/structure.ts";
import { findReportPart, type ReportPart } from "#mail/reports/report-part.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { READ_OCTETS_MAX } from "#store/limits.ts";
import type { Placed, Store } from "#store/store.ts";
import { ARRIVALS_WAITING_MAX, REPORT_MESSAGE_OCTETS_MAX, REPORT_PART_OCTETS_MAX } from "../limits.ts";
import { readReport } from "./read-report.ts";
import { type Arrival, reportRow } from "./report-row.ts";

export interface StoredArrival extends Arrival {
  /** Canonical addresses, or `postmaster`. */
  readonly recipients: readonly string[];
  /** Empty for `<>`. */
  readonly mailFrom: string;
  readonly index: MessageIndex;
  readonly placed: readonly Placed[];
}

export interface ReportArrivalsOptions {
  readonly store: Pick<Store, "fetchRows" | "readContent" | "putReport">;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** Is a report expected at this address? */
  readonly isReportAddress: (address: string) => boolean;
}

interface Waiting {
  readonly arrival: Arrival;
  readonly found: ReportPart;
  readonly placed: Placed;
}

export class ReportArrivals {
  readonly #options: ReportArrivalsOptions;
  readonly #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;

  constructor(options: ReportArrivalsOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  arrived({ recipients, mailFrom, index, placed: [placed], ...arrival }: StoredArrival): void {
    const { isReportAddress, log } = this.#options;
    if (placed === undefined || index.sizeOctets > REPORT_MESSAGE_OCTETS_MAX) return;
    if (!recipients.some(isReportAddress)) return;
    const found = findReportPart(index, mailFrom);
    if (found === undefined) return;
    const octets = found.part.bodyEnd - found.part.bodyStart;
    if (octets > REPORT_PART_OCTETS_MAX || this.#waiting.length >= ARRIVALS_WAITING_MAX) {
      log.warn("report-not-read", { message: arrival.message, form: found.form, octets, cause: "too much" });
      return;
    }
    this.#waiting.push({ arrival, found, placed });
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when what has arrived is taken down. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { message } = next.arrival;
      try {
        await this.#takeDown(next);
      } catch (error) {
        this.#options.log.error("report-not-kept", { message, cause: String(error) });
      }
    }
  }

  async #takeDown({ arrival, found, placed }: Waiting): Promise<void> {
    const { store, log } = this.#options;
    const { message } = arrival;
    const octets = await this.#octetsOf(placed, found.part);
    if (octets === undefined) return; // removed by its owner meanwhile
    const report = await readReport(found, octets, () => this.#pause());
    if (!report.ok) return log.info("report-not-read", { message, form: found.form, cause: report.problem });
    const isNew = await store.putReport(reportRow(report.value, arrival));
    log.info("report", { message, kind: report.value.kind, isNew, proven: arrival.isProven });
  }

  async #octetsOf(
    { folderId, uid }: Placed,
    part: { readonly bodyStart: number; readonly bodyEnd: number },
  ): Promise<Uint8Array | undefined> {
    const [row] = await this.#options.store.fetchRows(folderId, [uid], { index: false });
    if (row === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    for (let at = part.bodyStart; at < part.bodyEnd; ) {
      const end = Math.min(part.bodyEnd, at + READ_OCTETS_MAX);
      const piece = await this.#options.store.readContent(row.blobId, at, end);
      if (piece === undefined || piece.length === 0) return undefined;
      pieces.push(piece);
      at += piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Connections have their turn. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(0, resolve);
    });
  }
}
