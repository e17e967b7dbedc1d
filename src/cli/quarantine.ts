/** `postern quarantine`: mail that was accepted and kept back from its recipients. */
import { Buffer } from "node:buffer";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { QuarantineRow } from "#store/quarantine-row.ts";
import { explain } from "#verdict/explain.ts";
import { labelled, plain, section } from "#verdict/page.ts";
import { administer, askWhereItBelongs, sayRefused, sayUnanswered } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { readLimit } from "./limit-option.ts";
import type { QuarantinedDetails } from "./quarantine-controls.ts";
import { readSettings } from "./settings-file.ts";
import { counted, day, moment, octets } from "./wording.ts";

const SHOWN_DEFAULT = 50;

const list: Command = {
  name: "quarantine list",
  operands: [],
  summary: "mail that is kept back, the last one first",
  options: {
    account: { type: "string", value: "ADDRESS", text: "what is kept back from this account" },
    after: { type: "string", value: "ID", text: "goes on behind this one" },
    limit: { type: "string", value: "N", text: `messages to show; default ${SHOWN_DEFAULT}` },
  },
  async run(invocation) {
    const { out } = invocation;
    const limit = readLimit(invocation, { byDefault: SHOWN_DEFAULT, max: ROWS_PER_CALL_MAX });
    if (limit === undefined) return 2;
    const [account, after] = [invocation.option("account"), invocation.option("after")];
    const args = { limit, ...(account === undefined ? {} : { account }), ...(after === undefined ? {} : { after }) };
    const subject = account ?? after ?? "The quarantine";
    return administer(invocation, "quarantine-list", args, plain(subject), ({ rows, next, figures }) => {
      for (const row of rows) for (const line of rowLines(row)) out.line(line);
      if (next !== null) out.line(`There may be more; --after ${next} shows it.`);
      out.line(`${counted(figures.messages, "message")} kept back, ${octets(figures.sizeOctets)}.`);
    });
  },
};

const show: Command = {
  name: "quarantine show",
  operands: ["ID"],
  summary: "one message: why it was kept back, from whom, and its header",
  options: { message: { type: "boolean", text: "the whole message; with --json its octets, in base64" } },
  async run(invocation) {
    const [id = ""] = invocation.operands;
    if (invocation.flag("message")) return showMessage(invocation, id);
    return administer(invocation, "quarantine-show", { id }, plain(id), (details) => {
      for (const line of detailLines(details)) invocation.out.line(line);
    });
  },
};

const release: Command = {
  name: "quarantine release",
  operands: ["ID"],
  summary: "delivers a message to its recipients' inboxes, to each once",
  options: {
    to: {
      type: "string",
      value: "LIST",
      text: "accounts that get it, with commas between; default: all its recipients",
    },
    allow: { type: "boolean", text: "and lets its sender in for them from now on, where it is proven" },
  },
  run(invocation) {
    const [id = ""] = invocation.operands;
    const { out } = invocation;
    const to = invocation
      .option("to")
      ?.split(",")
      .map((address) => address.trim());
    const args = { id, allow: invocation.flag("allow"), ...(to === undefined ? {} : { to }) };
    return administer(invocation, "quarantine-release", args, plain(id), ({ released, already, allowed }) => {
      if (released.length > 0) out.line(`Delivered to ${released.join(", ")}.`);
      if (already.length > 0) out.line(`${already.join(", ")} had it already.`);
      if (released.length + already.length === 0) out.line("There is nobody left to deliver it to.");
      if (args.allow) {
        const none = "It has no sender that could be let in.";
        out.line(allowed === null ? none : `${plain(allowed)} is let in for them from now on, where it is proven.`);
      }
    });
  },
};

const remove: Command = {
  name: "quarantine remove",
  operands: ["ID"],
  summary: "removes a message; nobody is told",
  run(invocation) {
    const [id = ""] = invocation.operands;
    return administer(invocation, "quarantine-remove", { id }, plain(id), ({ removed }) => {
      const whose =
        removed.length === 0 ? "It was held for nobody any more" : `Removed; it was for ${removed.join(", ")}`;
      invocation.out.line(`${whose}.`);
    });
  },
};

export const quarantineCommands: readonly Command[] = [list, show, release, remove];

function rowLines({ id, mailFrom, recipients, score, reasons, sizeOctets, sinceMs }: QuarantineRow): readonly string[] {
  const held = recipients.filter(({ state }) => state === "held").map(({ address }) => address);
  return [
    `${id}  ${moment(sinceMs)}  ${octets(sizeOctets)}`,
    `  <${mailFrom}> to ${held.join(", ")}`,
    `  score ${score}: ${reasons.join(", ")}`,
  ].map(plain);
}

/** Continued lines of a header begin with a tab. */
function shown(line: string): string {
  return plain(line.replaceAll("\t", "  "));
}

function detailLines({ row, decision, header }: QuarantinedDetails): readonly string[] {
  const recipients = row.recipients.map(({ address, state, changedMs }) =>
    plain(`  ${address}: ${state}${state === "held" ? "" : ` ${moment(changedMs)}`}`),
  );
  const gone = "  The message is not kept any more.";
  return [
    ...labelled("Message", `${row.id}, ${octets(row.sizeOctets)}`),
    ...labelled("Sender", `<${row.mailFrom}> from ${row.client}`),
    ...(row.messageId === null ? [] : labelled("Message-ID", row.messageId)),
    ...labelled("Kept back", `${moment(row.sinceMs)}, until ${day(row.untilMs)}`),
    ...labelled("Why", `score ${row.score}: ${row.reasons.join(", ")}`),
    ...section("Kept back from", recipients),
    ...section("Header", header === null ? [gone] : header.split(/\r?\n/).map((line) => `  ${shown(line)}`)),
    ...(decision === null ? [] : ["", ...explain(decision)]),
  ];
}

/** For a terminal what would move its cursor is left out; JSON has every octet. */
async function showMessage(invocation: Invocation, id: string): Promise<ExitCode> {
  const { out, json } = invocation;
  const settings = await readSettings(invocation);
  if (settings === undefined) return 1;
  const pieces: Buffer[] = [];
  for (let start = 0, isLast = false; !isLast; ) {
    const asked = await askWhereItBelongs(settings, "quarantine-read", { id, start });
    if (asked.kind === "unanswered") return sayUnanswered(invocation, asked.message);
    if (!asked.outcome.ok) return sayRefused(invocation, plain(id), asked.outcome.problem);
    const piece = Buffer.from(asked.outcome.value.octets, "base64");
    pieces.push(piece);
    start += piece.length;
    isLast = asked.outcome.value.isLast || piece.length === 0;
  }
  const message = Buffer.concat(pieces);
  if (json) out.json({ ok: true, value: { octets: message.toString("base64") } });
  else for (const line of message.toString("utf8").split(/\r?\n/)) out.line(shown(line));
  return 0;
}
