/** Tells the administrator when a scanner does not look at mail, and when it does again: never silently. */
import type { Settings } from "#config/settings.ts";
import type { AntivirusEvidence, MilterEvidence, Unavailable, UnavailableWhy } from "#evidence/scanners/evidence.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { ScanOrigin } from "#reception/message-scan.ts";
import type { WhenUnavailable } from "#verdict/policy.ts";
import type { Alert } from "./alert.ts";

export interface ScannerWatchOptions {
  readonly settings: Pick<Settings, "antivirus" | "milters" | "rules">;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: { alert(alert: Alert): void; settled(name: string, subject: string): void };
}

const SCANNER_ALERT = "scanner-unavailable";
const VIRUS_ALERT = "virus-from-user";

/** That a scanner works is told now and then, not with each message. Milliseconds. */
const SETTLED_AGAIN_MS = 2000;

const REMEDIES: Readonly<Record<UnavailableWhy, string>> = {
  "not-there": "Start it, or correct its address; the user that Postern runs as must be allowed to connect.",
  slow: "See whether it hangs or has too much to do; raise its timeout_ms if it needs longer.",
  crashed: "Its own log says why it ended or broke off.",
  "too-large": "Raise antivirus.max_octets and StreamMaxLength in clamd.conf to limits.message_size_octets_max.",
  busy: "More mail arrives than it looks at: give it more threads.",
  error: "Its own log says more.",
  malformed: "Is that the right address? Something else may listen there.",
  broken: "This is an error of Postern's: the log says more.",
};

export class ScannerWatch {
  readonly #options: ScannerWatchOptions;
  /** By address: when it was last said that it works. Milliseconds. */
  readonly #settledMs = new Map<string, number>();

  constructor(options: ScannerWatchOptions) {
    this.#options = options;
  }

  scanned({ scanner, result }: AntivirusEvidence, origin: ScanOrigin): void {
    const { settings, log } = this.#options;
    if (result.kind === "unavailable") {
      const { whenUnavailable } = settings.antivirus;
      return this.#missed(
        { what: "The virus scanner", scanner, mode: settings.rules.antivirus, whenUnavailable },
        result,
        origin,
      );
    }
    this.#works(scanner);
    if (result.kind !== "found") return;
    const { id, address, login } = origin;
    log.warn("virus-found", { message: id, virus: result.name, remote: address, account: login?.account });
    if (login !== undefined) this.#userSendsViruses(login.account, result.name, id);
  }

  filtered({ milter, result }: MilterEvidence, origin: ScanOrigin): void {
    if (result.kind === "decided") return this.#works(milter);
    const { settings } = this.#options;
    const whenUnavailable = settings.milters.find(({ at }) => at === milter)?.whenUnavailable ?? "defer";
    this.#missed({ what: "The milter", scanner: milter, mode: settings.rules.milter, whenUnavailable }, result, origin);
  }

  #missed(
    {
      what,
      scanner,
      mode,
      whenUnavailable,
    }: {
      readonly what: string;
      readonly scanner: string;
      readonly mode: Settings["rules"]["milter"];
      readonly whenUnavailable: WhenUnavailable;
    },
    { why, detail }: Unavailable,
    { id }: ScanOrigin,
  ): void {
    const { log, gate } = this.#options;
    const isTaken = mode === "shadow" || whenUnavailable === "accept";
    const outcome = isTaken ? "taken unscanned" : "deferred";
    log.warn("not-scanned", { message: id, scanner, why, detail, outcome });
    this.#settledMs.delete(scanner);
    gate.alert({
      name: SCANNER_ALERT,
      subject: scanner,
      text: `${what} ${scanner} does not look at mail (${why}: ${detail}): mail is ${outcome}.`,
      remedy: REMEDIES[why],
      evidence: [id],
    });
  }

  /** The alert may be another thread's. */
  #works(scanner: string): void {
    const { clock, gate } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - (this.#settledMs.get(scanner) ?? Number.NEGATIVE_INFINITY) < SETTLED_AGAIN_MS) return;
    this.#settledMs.set(scanner, nowMs);
    gate.settled(SCANNER_ALERT, scanner);
  }

  #userSendsViruses(account: string, virus: string, id: string): void {
    const refused = this.#options.settings.rules.antivirus === "enforce" ? "; it was refused" : "";
    this.#options.gate.alert({
      name: VIRUS_ALERT,
      subject: account,
      text: `${account} tried to send a message with ${virus}${refused}.`,
      remedy: "Look at the device that the user sends from; change the password if it is not the user's.",
      evidence: [id],
    });
  }
}
