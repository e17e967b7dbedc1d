/** `postern greylist`: who waits, and "let through now". */
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import { plain } from "#verdict/page.ts";
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import type { ListedSender } from "./greylist-controls.ts";
import { readLimit } from "./limit-option.ts";
import { counted, moment } from "./wording.ts";

const SHOWN_DEFAULT = 50;

const list: Command = {
  name: "greylist list",
  operands: [],
  summary: "senders that wait, the last one first, each with what releases it",
  options: {
    known: { type: "boolean", text: "senders that need not wait instead" },
    limit: { type: "string", value: "N", text: `senders to show; default ${SHOWN_DEFAULT}` },
  },
  async run(invocation) {
    const { out } = invocation;
    const limit = readLimit(invocation, { byDefault: SHOWN_DEFAULT, max: ROWS_PER_CALL_MAX });
    if (limit === undefined) return 2;
    const which = invocation.flag("known") ? "known" : "waiting";
    return administer(invocation, "greylist-list", { which, limit }, "The greylist", ({ mode, counts, senders }) => {
      for (const sender of senders) for (const line of senderLines(sender)) out.line(line);
      const { waiting, known } = counts;
      const more = (which === "waiting" ? waiting : known) - senders.length;
      if (more > 0) out.line(`${more} more; --limit shows them.`);
      out.line(`${MODE_WORDS[mode]} ${counted(waiting, "sender")} waiting, ${known} known.`);
    });
  },
};

const MODE_WORDS: Readonly<Record<"off" | "shadow" | "enforce", string>> = {
  off: "The greylist is off: nobody waits.",
  shadow: "The greylist only watches (shadow): nobody waits.",
  enforce: "The greylist is on.",
};

const release: Command = {
  name: "greylist release",
  operands: ["KEY|ADDRESS"],
  summary: "lets a sender through now: a key of the list, a sender's address or a client's IP address",
  run(invocation) {
    const [what = ""] = invocation.operands;
    const { out } = invocation;
    return administer(invocation, "greylist-release", { what }, plain(what), ({ released, already }) => {
      if (already) return out.line(`${plain(what)} is known already and need not wait.`);
      for (const { key } of released) out.line(`${plain(key)} is let through when it comes again.`);
      if (released.length === 0) out.line(`Nothing of ${plain(what)} was waiting. It need not wait when it comes.`);
    });
  },
};

function senderLines({ key, known, firstMs, lastMs, tries, last, waitsUntilMs }: ListedSender): readonly string[] {
  if (waitsUntilMs === null) return [plain(`${key}  ${known}, ${moment(lastMs)}`)];
  const { mailFrom, client, clientName, decision } = last;
  const delayed = tries === 1 ? "1 delayed try" : `${tries} delayed tries`;
  return [
    `${key}  taken from ${moment(waitsUntilMs)} on`,
    `  <${mailFrom}> from ${client}, HELO ${clientName}`,
    `  ${delayed} since ${moment(firstMs)}; \`postern why ${decision}\``,
  ].map(plain);
}

export const greylistCommands: readonly Command[] = [list, release];
