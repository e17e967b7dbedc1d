/** `postern queue …`: mail for other servers. */
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { QueueAction, QueueSelection, QueueState } from "#store/queue-rows.ts";
import { administer, askWhereItBelongs, sayUnanswered } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { columns } from "./output.ts";
import { countsLine, detailLines, entryCells, suppressedLines } from "./queue-page.ts";
import { readSettings } from "./settings-file.ts";
import { counted } from "./wording.ts";

const SHOWN_DEFAULT = 50;
const STATES: readonly QueueState[] = ["waiting", "in-flight", "finishing", "held", "dead"];

const selectionOptions = {
  account: { type: "string", value: "ADDRESS", text: "only mail that this account sent" },
  domain: { type: "string", value: "DOMAIN", text: "only recipients in this domain" },
} as const;
const pageOptions = {
  limit: { type: "string", value: "N", text: `how many to show; default ${SHOWN_DEFAULT}` },
  after: { type: "string", value: "NUMBER", text: "go on behind this one" },
} as const;

const list: Command = {
  name: "queue list",
  operands: [],
  summary: "shows mail for other servers, the oldest first",
  options: {
    ...selectionOptions,
    state: { type: "string", value: "STATE", text: `only recipients that are ${STATES.join(", ")}` },
    ...pageOptions,
  },
  async run(invocation) {
    const { out } = invocation;
    const limit = limitOf(invocation);
    const state = STATES.find((known) => known === invocation.option("state"));
    if (limit === undefined || (state === undefined && invocation.option("state") !== undefined)) {
      out.problem(`--limit is a number up to ${ROWS_PER_CALL_MAX}; --state is one of ${STATES.join(", ")}.`);
      return 2;
    }
    const after = Number(invocation.option("after") ?? 0);
    const query = { ...selectionOf(invocation), ...(state === undefined ? {} : { state }), limit, after };
    return administer(invocation, "queue-list", query, "The queue", ({ entries, counts }) => {
      for (const row of columns(entries.map(entryCells))) out.line(row);
      const last = entries.at(-1);
      if (last !== undefined && entries.length === limit) out.line(`More: --after ${last.message.id}`);
      out.line(countsLine(counts));
    });
  },
};

const show: Command = {
  name: "queue show",
  operands: ["NUMBER"],
  summary: "one message: each recipient, what was said last, and what was tried",
  options: pageOptions,
  async run(invocation) {
    const id = numberOf(invocation);
    const limit = limitOf(invocation);
    if (id === undefined || limit === undefined) return 2;
    const after = Number(invocation.option("after") ?? 0);
    return administer(invocation, "queue-show", { id, limit, after }, String(id), (detail) => {
      for (const line of detailLines(detail)) invocation.out.line(line);
      const last = detail.recipients.at(-1);
      if (last !== undefined && detail.recipients.length === limit) invocation.out.line(`More: --after ${last.id}`);
    });
  },
};

const DONE: Readonly<Record<QueueAction, string>> = {
  retry: "will be tried now",
  hold: "held",
  release: "released",
  remove: "removed; nobody is told",
};

function changing(action: QueueAction, summary: string): Command {
  return {
    name: `queue ${action}`,
    operands: ["[NUMBER|all]"],
    summary,
    options: selectionOptions,
    run: (invocation) => change(invocation, action),
  };
}

/** Piece by piece, so that mail never waits for it. */
async function change(invocation: Invocation, action: QueueAction): Promise<ExitCode> {
  const { out, json, operands } = invocation;
  const selected = selectionOf(invocation);
  if (operands[0] === undefined && Object.keys(selected).length === 0) {
    out.problem("Say which: a number of `postern queue list`, --account ADDRESS, --domain DOMAIN, or `all`.");
    return 2;
  }
  const id = operands[0] === undefined || operands[0] === "all" ? null : numberOf(invocation);
  if (id === undefined) return 2;
  const settings = await readSettings(invocation);
  if (settings === undefined) return 1;
  let changed = 0;
  let ended = 0;
  let held = 0;
  for (let piece = 1; piece !== 0; changed += piece) {
    const asked = await askWhereItBelongs(settings, "queue-change", {
      ...selected,
      action,
      ...(id === null ? {} : { id }),
    });
    if (asked.kind === "unanswered" || !asked.outcome.ok) {
      return sayUnanswered(invocation, asked.kind === "unanswered" ? asked.message : "The server could not do it.");
    }
    piece = asked.outcome.value.changed;
    ended += asked.outcome.value.ended;
    held = asked.outcome.value.held;
  }
  if (json) out.json({ ok: true, value: { changed, ended } });
  else if (changed === 0 && ended > 0) out.line("No longer held; there was nothing in the queue.");
  else if (changed > 0) out.line(`${counted(changed, "recipient")} ${DONE[action]}.`);
  else if (action !== "release" || held === 0)
    out.problem(`Nothing there that can be changed so; \`postern queue list\` shows what there is.`);
  if (!json && action === "release" && held > 0) {
    const rest = `${counted(held, "recipient")} ${held === 1 ? "is" : "are"} still held`;
    const remedy = "`all` releases what the settings hold, --account what an account is held for";
    out.line(`${rest}; \`postern queue list --state held\` says for what: ${remedy}.`);
  }
  return changed + ended > 0 ? 0 : 1;
}

const suppressed: Command = {
  name: "queue suppressed list",
  operands: [],
  summary: "addresses that do not exist, as their servers said more than once: mail to them is returned at once",
  options: { limit: pageOptions.limit, after: { ...pageOptions.after, value: "ADDRESS" } },
  async run(invocation) {
    const limit = limitOf(invocation);
    if (limit === undefined) return 2;
    const after = invocation.option("after");
    const query = { limit, ...(after === undefined ? {} : { after }) };
    return administer(invocation, "queue-suppressed", query, "The queue", ({ addresses }) => {
      for (const line of suppressedLines(addresses)) invocation.out.line(line);
      if (addresses.length === limit) invocation.out.line(`More: --after ${addresses.at(-1)?.address ?? ""}`);
    });
  },
};

const unsuppress: Command = {
  name: "queue suppressed remove",
  operands: ["ADDRESS"],
  summary: "mail to this address is sent again",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "queue-unsuppress", { address }, address, () => {
      invocation.out.line(`Mail to ${address} is sent again.`);
    });
  },
};

function selectionOf(invocation: Invocation): Pick<QueueSelection, "account" | "domain"> {
  const account = invocation.option("account");
  const domain = invocation.option("domain");
  return { ...(account === undefined ? {} : { account }), ...(domain === undefined ? {} : { domain }) };
}

function limitOf(invocation: Invocation): number | undefined {
  const limit = Number(invocation.option("limit") ?? SHOWN_DEFAULT);
  return Number.isInteger(limit) && limit >= 1 && limit <= ROWS_PER_CALL_MAX ? limit : undefined;
}

function numberOf({ operands: [number = ""], out }: Invocation): number | undefined {
  if (/^\d{1,15}$/.test(number)) return Number(number);
  out.problem("NUMBER is what `postern queue list` shows first.");
  return undefined;
}

export const queueCommands: readonly Command[] = [
  list,
  show,
  changing("retry", "tries again now what waits"),
  changing("hold", "keeps mail back until it is released"),
  changing("release", "lets held mail go"),
  changing("remove", "removes mail from the queue; nobody is told"),
  suppressed,
  unsuppress,
];
