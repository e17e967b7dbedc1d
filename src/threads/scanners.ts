/** The programs beside us that look at messages, as the settings name them: who sees what, and who hears when one is not there. */
import { parseScannerAddress } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";
import { Clamd } from "#evidence/scanners/clamd.ts";
import type { AntivirusEvidence, MilterEvidence, Unavailable } from "#evidence/scanners/evidence.ts";
import { type FilteredMessage, Milter } from "#evidence/scanners/milter.ts";
import type { ScannerPlace } from "#evidence/scanners/wire.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import type { Log } from "#ports/log.ts";
import type { ArrivedMessage } from "#reception/evidence-gathering.ts";
import type { Scanners, ScanOrigin } from "#reception/message-scan.ts";
import type { Alert } from "./alert.ts";
import { milterTransaction } from "./milter-transaction.ts";
import { ScannerWatch } from "./scanner-watch.ts";

export interface ScannersOptions {
  readonly settings: Pick<Settings, "antivirus" | "milters" | "rules" | "hostname">;
  readonly version: string;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: { alert(alert: Alert): void; settled(name: string, subject: string): void };
}

interface NamedMilter {
  readonly milter: Milter;
  readonly settings: Settings["milters"][number];
}

/** Undefined where none is set up. */
export function openScanners(options: ScannersOptions): Scanners | undefined {
  const { settings, dialer, clock } = options;
  const clamd = settings.rules.antivirus === "off" ? undefined : clamdOf(settings, { dialer, clock });
  const milters =
    settings.rules.milter === "off"
      ? []
      : settings.milters.map((one) => ({ settings: one, milter: milterOf(one, settings, { dialer, clock }) }));
  if (clamd === undefined && milters.length === 0) return undefined;
  const watch = new ScannerWatch(options);
  const transactionOf = (origin: ScanOrigin) =>
    milterTransaction(origin, { hostname: settings.hostname, version: options.version });
  return {
    scan: async (message, origin, gone) => {
      const asked = milters.filter((one) => one.settings.listeners.includes(origin.listener));
      const [antivirus, ...filtered] = await Promise.all([
        clamd === undefined ? null : scanned(clamd, message, settings, gone),
        ...asked.map((one) => filteredBy(one, message, transactionOf(origin), gone)),
      ]);
      const all = filtered.map(({ evidence }) => evidence);
      if (antivirus !== null && !gone.aborted) watch.scanned(antivirus, origin);
      if (!gone.aborted) for (const one of all) watch.filtered(one, origin);
      return {
        antivirus,
        milters: asked.length === 0 ? null : { leavesServer: origin.leavesServer, milters: all },
        fields: filtered.flatMap(({ fields }) => fields),
      };
    },
  };
}

export function clamdOf(
  { antivirus }: Pick<Settings, "antivirus">,
  around: { readonly dialer: Dialer; readonly clock: Clock },
): Clamd {
  const { clamd: name, timeoutMs, maxOctets: octetsMax } = antivirus;
  return new Clamd({ name, to: placeOf(name), timeoutMs, octetsMax, ...around });
}

export function milterOf(
  { at: name, timeoutMs }: Settings["milters"][number],
  { hostname }: Pick<Settings, "hostname">,
  around: { readonly dialer: Dialer; readonly clock: Clock },
): Milter {
  return new Milter({ name, to: placeOf(name), timeoutMs, hostname, ...around });
}

/** What is no address did not get past the settings. */
function placeOf(name: string): ScannerPlace {
  const endpoint = parseScannerAddress(name);
  if (endpoint === undefined) throw new Error(`no address of a scanner: ${name}`);
  return endpoint.kind === "unix" ? { path: endpoint.path } : { address: endpoint.host, port: endpoint.port };
}

/** A message that cannot be read, and what else must not happen: it was not scanned. */
function brokenBy(error: unknown): Unavailable {
  return { kind: "unavailable", why: "broken", detail: String(error) };
}

/** From the first of our fields on: by them clamd knows that it is a mail. */
function scanned(
  clamd: Clamd,
  { octets, index }: ArrivedMessage,
  { antivirus }: Pick<Settings, "antivirus">,
  gone: AbortSignal,
): Promise<AntivirusEvidence> {
  return clamd
    .scan(octets, index.sizeOctets, gone)
    .catch((error: unknown) => ({ scanner: antivirus.clamd, result: brokenBy(error), tookMs: 0 }));
}

function filteredBy(
  { milter, settings }: NamedMilter,
  { octets, index, prefix }: ArrivedMessage,
  transaction: FilteredMessage["transaction"],
  gone: AbortSignal,
): Promise<{ readonly evidence: MilterEvidence; readonly fields: readonly string[] }> {
  const message: FilteredMessage = {
    octets,
    sizeOctets: index.sizeOctets,
    bodyStart: index.root.bodyStart,
    ownOctets: prefix.length,
    transaction,
  };
  return milter
    .filter(message, gone)
    .catch((error: unknown) => ({ evidence: { milter: settings.at, result: brokenBy(error), tookMs: 0 }, fields: [] }));
}
