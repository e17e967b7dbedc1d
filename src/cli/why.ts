/** `postern why`: what became of a connection or a message, and why. */
import { parseIpAddress } from "#mail/ip-address.ts";
import { systemClock } from "#platform/system-clock.ts";
import { addressKey } from "#threads/decision-rows.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { explain, HAPPENED } from "#verdict/explain.ts";
import { COLUMNS, plain } from "#verdict/page.ts";
import { sayUnanswered } from "./administer.ts";
import type { Command } from "./command.ts";
import { readDecisions, readSince, SINCE_OPTION } from "./decisions.ts";
import { readLimit } from "./limit-option.ts";
import { readSettings } from "./settings-file.ts";
import { moment } from "./wording.ts";

/** As long as records are kept by default. Milliseconds. */
const SINCE_DEFAULT_MS = 30 * 24 * 60 * 60 * 1000;
const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 10_000;
/** With fewer, each is explained in full; of more there is a line each. */
const PAGES_MAX = 3;

export const why: Command = {
  name: "why",
  operands: ["ID|ADDRESS|IP|MESSAGE-ID"],
  summary: "the decisions, explained: by the ID in a reply, by address, client or Message-ID",
  options: {
    since: SINCE_OPTION,
    limit: { type: "string", value: "N", text: `newest decisions to show; default ${LIMIT_DEFAULT}` },
  },
  async run(invocation) {
    const { out, json } = invocation;
    const [asked = ""] = invocation.operands;
    const sinceMs = readSince(invocation, SINCE_DEFAULT_MS);
    const limit = readLimit(invocation, { byDefault: LIMIT_DEFAULT, max: LIMIT_MAX });
    if (sinceMs === undefined || limit === undefined) return 2;
    const settings = await readSettings(invocation);
    if (settings === undefined) return 1;
    const nowMs = systemClock.now();
    const found = new Map<string, DecisionRecord>();
    for (const key of keysFor(asked)) {
      const wanted = { key, fromMs: nowMs - sinceMs, toMs: nowMs + 1, order: "newest-first", limit } as const;
      const read = await readDecisions(settings, wanted, (records) => {
        for (const record of records) found.set(record.id, record);
      });
      if (!read.ok) return sayUnanswered(invocation, read.problem);
    }
    const records = [...found.values()].toSorted((one, other) => other.atMs - one.atMs).slice(0, limit);
    if (json) out.json({ ok: true, value: records });
    else if (records.length === 0) out.problem(`Nothing was decided about ${plain(asked)} in that time.`);
    else for (const line of pages(records)) out.line(line);
    return records.length === 0 ? 1 : 0;
  },
};

/** What a record may be kept under, for something typed or pasted from a reply, a log or a header. */
export function keysFor(asked: string): readonly string[] {
  const text = asked.trim();
  const ip = parseIpAddress(text.replace(/^\[(?:IPv6:)?(.*)\]$/i, "$1"));
  if (ip !== undefined) return [ip];
  const bare = text.replace(/^<(.*)>$/, "$1");
  // A Message-ID and an address look alike.
  if (bare.includes("@")) return [...new Set([addressKey(bare), `<${bare}>`])];
  const id = bare.replace(/^\((.*)\)$/, "$1");
  return [...new Set([id, id.toUpperCase()])];
}

function pages(newestFirst: readonly DecisionRecord[]): readonly string[] {
  if (newestFirst.length > PAGES_MAX) {
    return [...newestFirst.map(oneLine), "", "`postern why ID` explains one."].flatMap((line) => line.split("\n"));
  }
  const rule = "-".repeat(COLUMNS);
  return newestFirst.flatMap((record, index) => [...(index === 0 ? [] : ["", rule, ""]), ...explain(record)]);
}

/** When, what happened and who; under it the ID and the reason. */
function oneLine(record: DecisionRecord): string {
  const { id, atMs, disposition, clientAddress, mailFrom, recipients, reasons } = record;
  const to = recipients.map(({ address }) => address);
  const envelope = mailFrom === null ? "" : `  <${mailFrom}> to ${to.length === 0 ? "nobody" : to.join(", ")}`;
  const first = plain(`${moment(atMs)}  ${HAPPENED[disposition]}  ${clientAddress}${envelope}`).slice(0, COLUMNS);
  return `${first}\n  ${plain(`${id}  ${reasons.join(", ")}`.trimEnd()).slice(0, COLUMNS - 2)}`;
}
