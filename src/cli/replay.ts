/**
 * `postern replay`: judges recorded evidence again under other settings and says whose mail would have been treated
 * differently. Nothing is changed, and nothing is asked of the DNS.
 */
import { loadSettings } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { systemClock } from "#platform/system-clock.ts";
import { policiesOf } from "#threads/policy.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { HAPPENED } from "#verdict/explain.ts";
import { plain, wrapped } from "#verdict/page.ts";
import type { Policies } from "#verdict/policies.ts";
import { replay as judgeAgain } from "#verdict/replay.ts";
import type { Disposition, Verdict } from "#verdict/verdict.ts";
import { sayUnanswered } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { readDecisions, readSince, SINCE_OPTION } from "./decisions.ts";
import { rereadLists, rereadUriList } from "./reread-lists.ts";
import { readSettings } from "./settings-file.ts";
import { counted, moment } from "./wording.ts";

const SINCE_DEFAULT_MS = 7 * 24 * 60 * 60 * 1000;
/** Changed decisions that are named; all are counted. */
const NAMED_DEFAULT = 100;
const NAMED_MAX = 100_000;
/** More records than a busy server makes in a month are not read in one go. */
const RECORDS_MAX = 10_000_000;

interface Changed {
  readonly record: DecisionRecord;
  readonly was: Disposition;
  readonly verdict: Verdict;
  /** Whose mail would have been treated so: the first one; null where the record does not say. */
  readonly account: string | null;
}

interface JudgedUnder {
  readonly policies: Policies;
  readonly lists: readonly DnsList[];
  readonly uriList: Settings["uriList"];
}

/** What lists answered then, by the meanings and weights of now. */
function reread(record: DecisionRecord, { lists, uriList }: JudgedUnder): DecisionRecord {
  return rereadUriList(rereadLists(record, lists), uriList);
}

export const replay: Command = {
  name: "replay",
  operands: [],
  summary: "recorded evidence under other settings: what would change. Exit code 1: something would",
  options: {
    since: SINCE_OPTION,
    with: { type: "string", value: "FILE", text: "the other settings" },
    limit: { type: "string", value: "N", text: `changed decisions to name; default ${NAMED_DEFAULT}` },
  },
  async run(invocation) {
    const { out } = invocation;
    const file = invocation.option("with");
    const sinceMs = readSince(invocation, SINCE_DEFAULT_MS);
    const limit = Number(invocation.option("limit") ?? NAMED_DEFAULT);
    if (sinceMs === undefined) return 2;
    if (file === undefined) {
      out.problem("--with FILE is missing: the settings to judge under.");
      return 2;
    }
    if (!Number.isInteger(limit) || limit < 0 || limit > NAMED_MAX) {
      out.problem(`--limit is a number from 0 to ${NAMED_MAX}.`);
      return 2;
    }
    const settings = await readSettings(invocation);
    const other = await loadSettings(file);
    if (!other.ok) for (const problem of other.problem) out.problem(formatProblem(problem));
    if (settings === undefined || !other.ok) return 1;
    const lists = dnsLists(other.value.settings.lists);
    const tally = new Tally(
      {
        policies: policiesOf(other.value.settings),
        lists: lists.ok ? lists.value : [],
        uriList: other.value.settings.uriList,
      },
      limit,
    );
    const nowMs = systemClock.now();
    const wanted = { fromMs: nowMs - sinceMs, toMs: nowMs + 1, order: "oldest-first", limit: RECORDS_MAX } as const;
    const read = await readDecisions(settings, wanted, (records) => {
      for (const record of records) tally.add(record);
    });
    if (!read.ok) return sayUnanswered(invocation, read.problem);
    return report(invocation, tally);
  },
};

/** What has been judged so far. */
export class Tally {
  readonly changed: Changed[] = [];
  /** `accept > reject` to how many. */
  readonly byChange = new Map<string, number>();
  readonly #under: JudgedUnder;
  readonly #namedMax: number;
  /** Lists that now count and that no record has been seen to ask. */
  readonly #unasked: Set<string>;
  same = 0;
  notJudged = 0;
  changes = 0;

  constructor(under: JudgedUnder, namedMax: number) {
    const { policies, lists } = under;
    this.#under = under;
    this.#namedMax = namedMax;
    this.#unasked = new Set(policies.standard.modes.dnsbl === "off" ? [] : lists.map(({ list }) => list));
  }

  get unaskedLists(): readonly string[] {
    return [...this.#unasked];
  }

  add(record: DecisionRecord): void {
    for (const { list } of record.evidence.dnsbl?.findings ?? []) this.#unasked.delete(list);
    const outcome = judgeAgain(reread(record, this.#under), this.#under.policies);
    if (outcome.kind === "not-judged") this.notJudged++;
    else if (outcome.kind === "same") this.same++;
    else {
      const { was, verdict, account } = outcome;
      const change = `${was} > ${verdict.disposition}`;
      this.changes++;
      this.byChange.set(change, (this.byChange.get(change) ?? 0) + 1);
      if (this.changed.length < this.#namedMax) this.changed.push({ record, was, verdict, account });
    }
  }
}

function report({ out, json }: Invocation, tally: Tally): ExitCode {
  const { same, changes, notJudged, changed, byChange, unaskedLists } = tally;
  if (json) {
    out.json({
      ok: true,
      value: {
        judged: same + changes,
        same,
        changed: changes,
        notJudged,
        byChange: Object.fromEntries(byChange),
        unaskedLists,
        decisions: changed.map(({ record, was, verdict, account }) => ({
          id: record.id,
          atMs: record.atMs,
          clientAddress: record.clientAddress,
          mailFrom: record.mailFrom,
          recipients: record.recipients.map(({ address }) => address),
          account,
          was,
          wouldBe: verdict.disposition,
          reasonsThen: record.verdict?.reasons ?? [],
          reasonsNow: verdict.reasons,
        })),
      },
    });
  } else for (const line of reportLines(tally)) out.line(line);
  return changes > 0 ? 1 : 0;
}

function reportLines({ same, changes, notJudged, changed, byChange, unaskedLists }: Tally): readonly string[] {
  return [
    ...changed.flatMap(changedLines),
    ...(changed.length === 0 ? [] : [""]),
    ...(changes > changed.length ? [`${changes - changed.length} more changed; --limit names them.`] : []),
    `${counted(same + changes, "decision")} judged again: ${same} the same, ${changes} changed.`,
    ...[...byChange].map(([change, count]) => `  ${String(count).padStart(6)}  ${change.replace(">", "->")}`),
    ...(notJudged === 0
      ? []
      : [`${notJudged} not judged then, and so not now (logged in, or refused by other rules).`]),
    ...unaskedLists.map((list) => `${list} was not asked then: what it would have said is not known.`),
  ];
}

function changedLines({ record, was, verdict, account }: Changed): readonly string[] {
  const { id, atMs, clientAddress, mailFrom, recipients } = record;
  const to = recipients.map(({ address }) => address).join(", ");
  const envelope = mailFrom === null ? "" : `, <${mailFrom}> to ${to === "" ? "nobody" : to}`;
  const then = record.verdict?.reasons.join(", ") || "nothing against it";
  const now = verdict.reasons.join(", ") || "nothing against it";
  return [
    ...wrapped(`${moment(atMs)}  ${clientAddress}${plain(envelope)}`, "", "    "),
    ...(account === null || recipients.length < 2 ? [] : wrapped(`for ${account}:`, "  ", "    ")),
    ...wrapped(`${HAPPENED[was]} (${then}) -> ${HAPPENED[verdict.disposition]} (${now})`, "  ", "    "),
    `  ${id}`,
  ];
}
