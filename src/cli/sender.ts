/** `postern sender`: whose mail is let in, and whose is not taken, for everybody, a domain or one account. */
import { plain } from "#verdict/page.ts";
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import { columns } from "./output.ts";
import { day } from "./wording.ts";

const FOR_OPTION = {
  type: "string",
  value: "ACCOUNT|DOMAIN",
  text: "only mail to this account or domain of ours; default: to everybody",
} as const;

export const senderCommands: readonly Command[] = [
  put("allow", "lets a sender in whatever it scores, where it is proven (SPF, DKIM); no relaying, and no virus"),
  put("deny", "takes no mail from a sender: 550 with the decision's ID"),
  {
    name: "sender list",
    operands: [],
    summary: "who is let in, and who is kept out",
    options: { for: { ...FOR_OPTION, text: "entries for this account or domain; default: all" } },
    run(invocation) {
      const { out } = invocation;
      const scope = invocation.option("for") ?? null;
      return administer(invocation, "sender-list", { scope }, "It", (entries) => {
        const rows = entries.map((entry) => [
          entry.kind,
          plain(entry.subject),
          entry.scope === "" ? "for all" : `for ${plain(entry.scope)}`,
          day(entry.sinceMs),
          plain(entry.note),
        ]);
        for (const row of columns(rows)) out.line(row);
        if (entries.length === 0) out.line("Nobody. `postern sender allow|deny` adds somebody.");
      });
    },
  },
  {
    name: "sender remove",
    operands: ["ADDRESS|DOMAIN|NETWORK"],
    summary: "takes a sender off the list",
    options: { for: { ...FOR_OPTION, text: "the entry for this account or domain; default: the one for all" } },
    run(invocation) {
      const [subject = ""] = invocation.operands;
      const args = { subject, scope: invocation.option("for") ?? "" };
      return administer(invocation, "sender-remove", args, plain(subject), (removed) => {
        invocation.out.line(`${plain(removed.subject)} is off the list${forWhom(removed.scope)}.`);
      });
    },
  },
];

function put(kind: "allow" | "deny", summary: string): Command {
  return {
    name: `sender ${kind}`,
    operands: ["ADDRESS|DOMAIN|NETWORK"],
    summary,
    options: { for: FOR_OPTION, note: { type: "string", value: "TEXT", text: "why, for `sender list` and `why`" } },
    run(invocation) {
      const [subject = ""] = invocation.operands;
      const { out } = invocation;
      const args = { kind, subject, scope: invocation.option("for") ?? "", note: invocation.option("note") ?? "" };
      return administer(invocation, "sender-put", args, plain(subject), (row) => {
        const what = kind === "allow" ? "is let in where it is proven" : "is kept out";
        out.line(`${plain(row.subject)} ${what}${forWhom(row.scope)}, from the next message on.`);
      });
    },
  };
}

function forWhom(scope: string): string {
  return scope === "" ? "" : ` for ${plain(scope)}`;
}
