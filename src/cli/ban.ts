/** `postern ban`, `unban` and `allow`: one entry of our own block list. In force in every thread as soon as it is stored. */
import { administer } from "./administer.ts";
import type { ListedEntry } from "./block-list-controls.ts";
import {
  accountsWords,
  ENTRY_OPTIONS,
  readEntryOptions,
  readScope,
  SCOPE_OPTION,
  SCOPE_WORDS,
  untilWords,
} from "./block-list-options.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { counted } from "./wording.ts";

export const ban: Command = {
  name: "ban",
  operands: ["IP|CIDR"],
  summary: "bans an address or network",
  options: ENTRY_OPTIONS,
  async run(invocation) {
    const [prefix = ""] = invocation.operands;
    const options = readEntryOptions(invocation, "banned by the administrator");
    if (options === undefined) return 2;
    return administer(invocation, "block-list-put", { prefix, kind: "ban", ...options }, prefix, ({ entry }) => {
      invocation.out.line(`${entry.prefix} is banned from ${SCOPE_WORDS[entry.scope]} ${untilWords(entry.untilMs)}.`);
      if (entry.accounts.count > 0) {
        invocation.out.line(`Logged in from there in the last 30 days: ${accountsWords(entry.accounts)}.`);
      }
    });
  },
};

export const unban: Command = {
  name: "unban",
  operands: ["IP|CIDR"],
  summary: "lifts a ban",
  options: SCOPE_OPTION,
  run: (invocation) => takeOff(invocation, "ban"),
};

export const allow: Command = {
  name: "allow",
  operands: ["IP|CIDR"],
  summary: "never bans an address or network, and lifts the bans inside it; --remove ends that",
  options: {
    ...ENTRY_OPTIONS,
    remove: { type: "boolean", text: "takes the allowance off again" },
  },
  async run(invocation) {
    if (invocation.flag("remove")) return takeOff(invocation, "allow");
    const [prefix = ""] = invocation.operands;
    const options = readEntryOptions(invocation, "allowed by the administrator");
    if (options === undefined) return 2;
    const args = { prefix, kind: "allow" as const, ...options };
    return administer(invocation, "block-list-put", args, prefix, ({ entry, lifted }) => {
      invocation.out.line(
        `${entry.prefix} is never banned from ${SCOPE_WORDS[entry.scope]} ${untilWords(entry.untilMs)}.`,
      );
      if (lifted.length > 0) invocation.out.line(`${counted(lifted.length, "ban")} inside it lifted.`);
    });
  },
};

/** For who meant the other command. */
const OTHER_KIND: Readonly<Record<ListedEntry["kind"], (prefix: string) => string>> = {
  ban: (prefix) => `It has an allowance; \`postern allow ${prefix} --remove\` takes that off.`,
  allow: (prefix) => `It has a ban; \`postern unban ${prefix}\` takes that off.`,
};

async function takeOff(invocation: Invocation, kind: ListedEntry["kind"]): Promise<ExitCode> {
  const [prefix = ""] = invocation.operands;
  const scope = readScope(invocation);
  if (scope === "wrong") return 2;
  const args = { prefix, kind, scope: scope ?? null };
  return administer(
    invocation,
    "block-list-remove",
    args,
    prefix,
    ({ removed, covering, ofOtherKind }) => {
      const [first] = removed;
      if (first === undefined) invocation.out.problem(`${prefix} has no ${kind} of its own.`);
      else invocation.out.line(`${first.prefix}: ${counted(removed.length, kind)} taken off.`);
      if (ofOtherKind.length > 0) invocation.out.problem(OTHER_KIND[kind](prefix));
      for (const other of covering) {
        const how = kind === "ban" ? `; postern unban ${other.prefix}, or postern allow ${prefix}` : "";
        invocation.out.problem(`It is still in ${other.prefix} (${other.kind}, scope ${other.scope})${how}.`);
      }
    },
    ({ removed }) => removed.length > 0,
  );
}
