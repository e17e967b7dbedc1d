/** `postern sending`: how much users send, and whose mail is held. */
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { SendingIncident, SendingRow } from "#store/sending-rows.ts";
import { amount, incidentLines, reason } from "#threads/incident-sheet.ts";
import { plain, wrapped } from "#verdict/page.ts";
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import { columns } from "./output.ts";
import { DURATION_EXAMPLES, parseDuration } from "./parse-duration.ts";
import { moment } from "./wording.ts";

const SHOWN_DEFAULT = 20;

const list: Command = {
  name: "sending list",
  operands: [],
  summary: "who sent most in the last 24 hours, and whose mail is held",
  options: { limit: { type: "string", value: "N", text: `how many to show; default ${SHOWN_DEFAULT}` } },
  async run(invocation) {
    const { out } = invocation;
    const limit = Number(invocation.option("limit") ?? SHOWN_DEFAULT);
    if (!Number.isInteger(limit) || limit < 1 || limit > ROWS_PER_CALL_MAX) {
      out.problem(`--limit is a number up to ${ROWS_PER_CALL_MAX}.`);
      return 2;
    }
    return administer(invocation, "sending-list", { limit }, "It", (rows) => {
      for (const row of columns(rows.map(rowCells))) out.line(row);
      if (rows.length === 0) out.line("Nobody sent anything in the last 24 hours.");
    });
  },
};

function rowCells({ account, day, delivered, refused, isHeld, quietUntilMs }: SendingRow): readonly string[] {
  const quiet = quietUntilMs > 0 ? `not held until ${moment(quietUntilMs)}` : "";
  return [plain(account), amount(day), `${delivered} delivered, ${refused} refused`, isHeld ? "HELD" : quiet];
}

const show: Command = {
  name: "sending show",
  operands: ["ACCOUNT"],
  summary: "how much an account sends, from where, with which password, and to whom",
  options: {},
  run(invocation) {
    const [account = ""] = invocation.operands;
    return administer(invocation, "sending-show", { account }, account, (incident) => {
      for (const line of pageLines(incident)) invocation.out.line(line);
    });
  },
};

function pageLines(incident: SendingIncident): readonly string[] {
  const { account, hold, quietUntilMs } = incident;
  const state =
    hold?.isEnforced === true
      ? `${account}: held since ${moment(hold.sinceMs)}: ${reason(hold)}. \`postern queue release --account ${account}\` ends it.`
      : `${account}: not held${quietUntilMs > 0 ? `, and nothing holds it before ${moment(quietUntilMs)}` : ""}.`;
  return [...wrapped(state, "", "  "), ...incidentLines(incident).flatMap((line) => wrapped(line, "  ", "    "))];
}

const announce: Command = {
  name: "sending announce",
  operands: ["ACCOUNT"],
  summary: "an account will send much: nothing holds it for that time; limits stay",
  options: { for: { type: "string", value: "DURATION", text: `how long, ${DURATION_EXAMPLES}; default 1d` } },
  async run(invocation) {
    const { out } = invocation;
    const [account = ""] = invocation.operands;
    const forMs = parseDuration(invocation.option("for") ?? "1d");
    if (forMs === undefined) {
      out.problem(`--for is a duration, ${DURATION_EXAMPLES}.`);
      return 2;
    }
    return administer(invocation, "sending-announce", { account, forMs }, account, ({ untilMs }) => {
      out.line(`Nothing holds ${account} before ${moment(untilMs)}. Its limits are in force.`);
    });
  },
};

export const sendingCommands: readonly Command[] = [list, show, announce];
