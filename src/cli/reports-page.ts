/** Reports of others as text, 80 columns wide. */
import type { ReportSums, SourceSum } from "#reports/inbound/sums.ts";
import { COLUMNS, labelled, plain, wrapped } from "#verdict/page.ts";
import type { ListedReport } from "./reports-controls.ts";
import { counted, day, moment } from "./wording.ts";

/** Sources, or other rows, that a page shows of one sum; `--json` has all. */
const ROWS_SHOWN = 30;

export function listedLine(row: ListedReport): string {
  const { id, kind, domain, reporter, endMs, total, failed, isProven } = row;
  const counts = failed === 0 ? String(total) : `${failed} of ${total} failed`;
  const name = `${domain === "" ? "-" : domain} by ${reporter === "" ? row.sender : reporter}`;
  const start = `${String(id).padStart(6)}  ${day(endMs)}  ${kind.padEnd(6)}  `;
  const end = `  ${counts}${isProven || kind === "bounce" ? "" : "  unproven"}`;
  return plain(start + cut(name, COLUMNS - start.length - end.length) + end);
}

export function headLines({
  kind,
  domain,
  reporter,
  sender,
  isProven,
  beginMs,
  endMs,
  receivedMs,
}: ListedReport): readonly string[] {
  return [
    ...labelled("Kind", KINDS[kind]),
    ...labelled("About", domain === "" ? "-" : domain),
    ...labelled("By", reporter === "" ? "-" : reporter),
    ...labelled(
      "Sender",
      `${sender === "" ? "nobody" : sender}${isProven ? ", proven" : ", NOT PROVEN: it may say anything"}`,
    ),
    ...labelled("Time", `${moment(beginMs)} to ${moment(endMs)}`),
    ...labelled("Received", moment(receivedMs)),
  ];
}

const KINDS: Readonly<Record<ListedReport["kind"], string>> = {
  dmarc: "DMARC: who sent in the domain's name",
  tls: "TLS with the domain's servers",
  bounce: "mail that was not delivered",
  arf: "a complaint about mail",
};

export function sumLines({ dmarc, tls, bounce, arf }: ReportSums): readonly string[] {
  return [
    ...dmarc.flatMap(dmarcLines),
    ...tls.flatMap(tlsLines),
    ...countLines("Not delivered", bounce),
    ...countLines("Complaints", arf),
  ];
}

function dmarcLines({
  domain,
  reports,
  messages,
  failed,
  sources,
  messagesElsewhere,
}: ReportSums["dmarc"][number]): readonly string[] {
  const failing = sources.filter((source) => source.failed > 0);
  const passing = sources.filter((source) => source.failed === 0);
  return [
    "",
    ...wrapped(`DMARC of ${domain}: ${failed} of ${counted(messages, "message")} fail (${counted(reports, "report")})`),
    ...sourceLines("Sources with mail that fails, by how much of it:", failing),
    ...sourceLines("Sources whose mail all passes:", passing),
    ...(messagesElsewhere > 0 ? [`  ${counted(messagesElsewhere, "message")} of further sources`] : []),
  ];
}

function sourceLines(title: string, sources: readonly SourceSum[]): readonly string[] {
  if (sources.length === 0) return [];
  return [
    `  ${title}`,
    `  ${"source".padEnd(WIDEST_ADDRESS)} ${"fail".padStart(7)} ${"all".padStart(7)} ${"dkim".padStart(6)} ${"spf".padStart(6)}  done`,
    ...sources.slice(0, ROWS_SHOWN).map(sourceLine),
    ...(sources.length > ROWS_SHOWN ? [`  ${sources.length - ROWS_SHOWN} more sources; --json has all`] : []),
  ];
}

/** Of an IPv6 address that is written in full; few are. */
const WIDEST_ADDRESS = 26;

function sourceLine({ sourceIp, failed, messages, dkim, spf, dispositions }: SourceSum): string {
  const done = ["reject", "quarantine", "none"].flatMap((name) => {
    const count = dispositions[name] ?? 0;
    return count === 0 ? [] : [`${WORDS[name] ?? name} ${count}`];
  });
  const numbers = `${String(failed).padStart(7)} ${String(messages).padStart(7)} ${String(dkim).padStart(6)} ${String(spf).padStart(6)}`;
  return cut(plain(`  ${sourceIp.padEnd(WIDEST_ADDRESS)} ${numbers}  ${done.join(", ")}`).trimEnd(), COLUMNS);
}

const WORDS: Readonly<Record<string, string>> = { reject: "rej", quarantine: "junk", none: "let" };

function tlsLines({ domain, policy, successes, failures, details }: ReportSums["tls"][number]): readonly string[] {
  const total = successes + failures;
  return [
    "",
    ...wrapped(`TLS with ${domain} (${policy}): ${failures} of ${counted(total, "session")} failed`),
    ...details
      .slice(0, ROWS_SHOWN)
      .flatMap(({ by, count }) => wrapped(`${String(count).padStart(7)}  ${words(by)}`, "  ", "           ")),
  ];
}

function countLines(title: string, rows: ReportSums["bounce"]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    "",
    title,
    ...rows
      .slice(0, ROWS_SHOWN)
      .flatMap(({ by, count }) => wrapped(`${String(count).padStart(7)}  ${words(by)}`, "  ", "           ")),
    ...(rows.length > ROWS_SHOWN ? [`  ${rows.length - ROWS_SHOWN} more; --json has all`] : []),
  ];
}

function words(by: readonly string[]): string {
  return by.filter((word) => word !== "").join("  ");
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}~`;
}
