/** What a running server says of itself, and how it is printed. */

import type { Settings } from "#config/settings.ts";
import type { ListReport } from "#evidence/dnsbl/list-watch.ts";
import type { LimitFigure } from "#gate/limits/connection-totals.ts";
import type { StoreStatistics } from "#store/directory-rows.ts";
import type { QuarantineFigures } from "#store/quarantine-row.ts";
import type { QueueCounts } from "#store/queue-rows.ts";
import type { SendingHold } from "#store/sending-rows.ts";
import type { RaisedAlert } from "#threads/alert.ts";
import { reason } from "#threads/incident-sheet.ts";
import type { OutcomeReport } from "#threads/outcome-figures.ts";
import type { NodeState, PairState } from "#threads/pair-states.ts";
import type { ListeningReport } from "#threads/ports.ts";
import type { Proof } from "#threads/proofs.ts";
import type { ScannerState } from "#threads/scanner-states.ts";
import { wrapped } from "#verdict/page.ts";
import type { GreylistCounts } from "./greylist-controls.ts";
import { listLines } from "./list-lines.ts";
import { columns } from "./output.ts";
import { proofLines } from "./proof-lines.ts";
import { countsLine } from "./queue-page.ts";
import { type Protection, protectionLine } from "./ten-protections.ts";
import { type TlsStatus, tlsLines } from "./tls-status.ts";
import { counted, duration, moment, octets } from "./wording.ts";

/** JSON: it travels over the control socket. */
export interface ServerStatus {
  readonly version: string;
  readonly processId: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly listeners: readonly ListeningReport[];
  readonly connectionsOpen: number;
  /** How near each limit of connections has come since the start. */
  readonly limits: readonly LimitFigure[];
  /** What became of messages since the start. */
  readonly outcomes: OutcomeReport;
  /** How each DNS list is and what it said; none where none is asked. */
  readonly lists: readonly ListReport[];
  readonly tls: TlsStatus;
  /** Newest first. */
  readonly alerts: readonly RaisedAlert[];
  /** What the last looks at the ten protections found; empty before the first one, and in a trial. */
  readonly proofs: readonly Proof[];
}

export interface StatusReport {
  readonly running: ServerStatus | null;
  readonly store: StoreStatistics;
  /** Accounts, aliases and domains that take no mail. */
  readonly disabled: readonly string[];
  readonly queue: QueueCounts;
  /** Null where the rule is off. */
  readonly greylist: GreylistCounts | null;
  /** Asked just now; none where none is set up. */
  readonly scanners: readonly ScannerState[];
  readonly quarantine: QuarantineFigures;
  /** Accounts whose mail is held, the oldest first. */
  readonly holds: readonly SendingHold[];
  /** Other nodes, and the domains of theirs that this one is a second MX for. */
  readonly pair: PairState;
  readonly protections: readonly Protection[];
}

export function statusLines(
  { running, store, disabled, queue, greylist, quarantine, holds, scanners, pair, protections }: StatusReport,
  settings: Settings,
): readonly string[] {
  return [
    ...(running === null ? ["Postern is not running."] : serverLines(running, settings)),
    "",
    `Store      ${counted(store.accounts, "account")}, ${counted(store.messages, "message")}, ${octets(store.sizeOctets)}`,
    ...disabledLines(disabled),
    `Queue      ${countsLine(queue)}`,
    ...holds.filter(({ isEnforced }) => isEnforced).flatMap(holdLines),
    ...(greylist === null ? [] : [greylistLine(greylist)]),
    ...(quarantine.messages === 0 ? [] : [quarantineLine(quarantine, settings)]),
    ...scanners.map(scannerLine),
    ...pair.nodes.map((node) => nodeLine(node, running?.nowMs ?? node.lastSyncMs)),
    ...(running === null || running.lists.length === 0
      ? []
      : ["", "Lists", ...listLines(running.lists, running.nowMs)]),
    "",
    ...protections.map(protectionLine),
    ...proofLines(running?.proofs ?? [], running?.nowMs ?? 0),
    ...alertLines(running?.alerts ?? []),
  ];
}

function nodeLine({ name, lastSyncMs, list, problem }: NodeState, nowMs: number): string {
  const heard = lastSyncMs === 0 ? "never heard" : `heard ${duration(nowMs - lastSyncMs)} ago`;
  const told =
    list === null ? "" : `, ${counted(list.addresses, "recipient")} as of ${duration(nowMs - list.confirmedMs)} ago`;
  return `Pair       ${name}: ${heard}${told}${problem === "" ? "" : `; NOT CONNECTED: ${problem}`}`;
}

/** Names that are printed; `--json` has all. */
const DISABLED_SHOWN = 5;

function disabledLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > DISABLED_SHOWN ? ` and ${names.length - DISABLED_SHOWN} more` : "";
  return wrapped(`Disabled   ${names.slice(0, DISABLED_SHOWN).join(", ")}${more}: no new mail`, "", "           ");
}

function holdLines(hold: SendingHold): readonly string[] {
  const { account, sinceMs } = hold;
  const what = `HELD since ${moment(sinceMs)}: ${reason(hold)}; \`postern sending show ${account}\``;
  return wrapped(`           ${account} ${what}`, "", "             ");
}

function greylistLine({ mode, waiting, known }: GreylistCounts): string {
  const effect = mode === "shadow" ? " (shadow: nobody is delayed)" : "";
  const more = waiting > 0 ? "; `postern greylist list` shows them" : "";
  return `Greylist   ${counted(waiting, "sender")} waiting, ${known} known${effect}${more}`;
}

function quarantineLine({ messages, sizeOctets }: QuarantineFigures, settings: Settings): string {
  const size = `${octets(sizeOctets)} of ${octets(settings.quarantine.octetsMax)}`;
  return `Quarantine ${counted(messages, "message")} kept back, ${size}; \`postern quarantine list\` shows them`;
}

function scannerLine({ kind, scanner, answers, detail, mode, whenUnavailable }: ScannerState): string {
  const isTaken = mode === "shadow" || whenUnavailable === "accept";
  const state = answers ? detail : `NOT ANSWERING (${detail}); mail is ${isTaken ? "taken unscanned" : "deferred"}`;
  const effect = mode === "shadow" ? " (shadow: without effect)" : "";
  return `${(kind === "clamd" ? "Antivirus" : "Milter").padEnd(10)} ${scanner}: ${state}${effect}`;
}

/** Alerts that are printed; `--json` has all. */
const ALERTS_SHOWN = 10;

function alertLines(alerts: readonly RaisedAlert[]): readonly string[] {
  if (alerts.length === 0) return [];
  const shown = alerts.slice(0, ALERTS_SHOWN).flatMap(({ text, remedy, lastMs, times }) => {
    const often = times === 1 ? "" : `, ${times} times`;
    return wrapped(`${moment(lastMs)}${often}: ${text}${remedy === "" ? "" : ` ${remedy}`}`, "  ", "    ");
  });
  const more = alerts.length - ALERTS_SHOWN;
  return ["", "Alerts", ...shown, ...(more > 0 ? [`  ${more} more; --json shows them`] : [])];
}

function serverLines(running: ServerStatus, settings: Settings): readonly string[] {
  const { version, processId, startedAtMs, nowMs, connectionsOpen, limits, listeners, tls } = running;
  return [
    `Postern ${version} runs since ${duration(nowMs - startedAtMs)}, process ${processId}.`,
    `Load       ${connectionsOpen} of ${settings.limits.connectionsTotal} connections`,
    ...limits.filter(isNear).map(limitLine),
    "",
    ...listenerLines(listeners),
    "",
    ...tlsLines(tls),
  ];
}

/** Part of a limit from which its figures are worth a line; `--json` has all. */
const NEAR = 0.8;

function isNear({ peak, max, refused }: LimitFigure): boolean {
  return refused > 0 || peak >= max * NEAR;
}

function limitLine({ limit, max, peak, refused }: LimitFigure): string {
  return `           ${limit}: ${peak} of ${max} at most${refused > 0 ? `, ${refused} refused` : ""}`;
}

/** `IMAP  TLS  127.0.0.1:2993, [::1]:2993` */
export function listenerLines(listeners: readonly ListeningReport[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { protocol, tls, endpoint } of listeners) {
    const key = [PROTOCOL_WORDS[protocol] ?? protocol, TLS_WORDS[tls] ?? tls].join("\0");
    groups.set(key, [...(groups.get(key) ?? []), endpoint]);
  }
  return columns([...groups].map(([key, endpoints]) => [...key.split("\0"), endpoints.join(", ")]));
}

const PROTOCOL_WORDS: Readonly<Record<string, string>> = {
  smtp: "mail from servers",
  submission: "mail from users",
  imap: "IMAP",
  pop3: "POP3",
  lmtp: "LMTP",
  http: "web",
};

const TLS_WORDS: Readonly<Record<string, string>> = { starttls: "STARTTLS", implicit: "TLS", none: "no TLS" };
