/** `postern reports`: what other servers say of mail from and in the name of our domains. */
import { REPORTS_PER_CALL_MAX } from "#store/limits.ts";
import type { ReportKind } from "#store/report-rows.ts";
import { plain } from "#verdict/page.ts";
import { administer } from "./administer.ts";
import type { Command, ExitCode, Invocation, OptionText } from "./command.ts";
import { headLines, listedLine, sumLines } from "./reports-page.ts";
import { counted } from "./wording.ts";

const SHOWN_DEFAULT = 50;
const DAYS_DEFAULT = 30;
const KINDS: readonly ReportKind[] = ["dmarc", "tls", "bounce", "arf"];

const SELECTION: Readonly<Record<string, OptionText>> = {
  kind: { type: "string", value: "KIND", text: "dmarc, tls, bounce or arf (complaints)" },
  domain: { type: "string", value: "DOMAIN", text: "about this domain" },
  days: { type: "string", value: "N", text: `received in the last N days; default ${DAYS_DEFAULT}` },
};

const list: Command = {
  name: "reports list",
  operands: [],
  summary: "reports of other servers, the last one first",
  options: {
    ...SELECTION,
    before: { type: "string", value: "ID", text: "goes on behind this one" },
    limit: { type: "string", value: "N", text: `reports to show; default ${SHOWN_DEFAULT}` },
  },
  async run(invocation) {
    const { out } = invocation;
    const chosen = selectionOf(invocation);
    const limit = numberOf(invocation, "limit", SHOWN_DEFAULT, REPORTS_PER_CALL_MAX);
    const before = invocation.option("before");
    if (chosen === undefined || limit === undefined) return 2;
    const args = { ...chosen, limit, ...(before === undefined ? {} : { before: Number.parseInt(before, 10) }) };
    return administer(invocation, "reports-list", args, "Reports", ({ reports, next }) => {
      for (const row of reports) out.line(listedLine(row));
      if (next !== null) out.line(`There may be more; --before ${next} shows it.`);
      out.line(`${counted(reports.length, "report")}. \`postern reports show\` sums them up.`);
    });
  },
};

const show: Command = {
  name: "reports show",
  operands: ["[ID]"],
  summary: "what reports come to: sources whose mail fails, TLS, bounces, complaints; or one report",
  options: SELECTION,
  async run(invocation): Promise<ExitCode> {
    const [id] = invocation.operands;
    const { out } = invocation;
    if (id !== undefined) {
      const args = { id: /^\d{1,15}$/.test(id) ? Number(id) : 0 };
      return administer(invocation, "reports-show", args, plain(id), ({ sums, ...row }) => {
        for (const line of [...headLines(row), ...sumLines(sums)]) out.line(line);
      });
    }
    const chosen = selectionOf(invocation);
    if (chosen === undefined) return 2;
    return administer(invocation, "reports-sum", chosen, "Reports", ({ reports, unproven, sums }) => {
      out.line(`${counted(reports, "report")} of the last ${counted(chosen.days, "day")}.`);
      for (const line of sumLines(sums)) out.line(line);
      if (unproven === 0) return;
      out.line("");
      out.line(`${counted(unproven, "report")} of senders that are not proven: left out (reports list).`);
    });
  },
};

interface Selection {
  readonly kind?: ReportKind;
  readonly domain?: string;
  readonly days: number;
}

function selectionOf(invocation: Invocation): Selection | undefined {
  const days = numberOf(invocation, "days", DAYS_DEFAULT, 3650);
  const [word, domain] = [invocation.option("kind"), invocation.option("domain")];
  const kind = KINDS.find((known) => known === word);
  if (word !== undefined && kind === undefined) {
    invocation.out.problem(`--kind is one of ${KINDS.join(", ")}.`);
    return undefined;
  }
  if (days === undefined) return undefined;
  return { days, ...(kind === undefined ? {} : { kind }), ...(domain === undefined ? {} : { domain }) };
}

function numberOf(invocation: Invocation, name: string, usual: number, max: number): number | undefined {
  const number = Number(invocation.option(name) ?? usual);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  invocation.out.problem(`--${name} is a number from 1 to ${max}.`);
  return undefined;
}

export const reportsCommands: readonly Command[] = [list, show];
