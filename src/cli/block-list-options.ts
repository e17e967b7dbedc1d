/** What `ban`, `allow` and `bans import` take in common, and how entries are said to people. */
import type { ListedEntry } from "./block-list-controls.ts";
import type { Invocation, OptionText } from "./command.ts";
import { DURATION_EXAMPLES, parseDuration } from "./parse-duration.ts";
import { counted, moment } from "./wording.ts";

type Scope = ListedEntry["scope"];

export const SCOPE_OPTION: Readonly<Record<string, OptionText>> = {
  scope: { type: "string", value: "SCOPE", text: "smtp (mail from servers), auth (logins), or all" },
};

export const ENTRY_OPTIONS: Readonly<Record<string, OptionText>> = {
  for: { type: "string", value: "TIME", text: `how long, ${DURATION_EXAMPLES}; default: until it is taken off` },
  ...SCOPE_OPTION,
  reason: { type: "string", value: "TEXT", text: "why; whoever is refused reads it, too" },
};

export interface EntryOptions {
  readonly scope: Scope;
  readonly forMs: number | null;
  readonly reason: string;
}

/** Undefined: something was wrong, and has been said. */
export function readEntryOptions(invocation: Invocation, defaultReason: string): EntryOptions | undefined {
  const scope = readScope(invocation);
  if (scope === "wrong") return undefined;
  const time = invocation.option("for");
  const forMs = time === undefined ? null : parseDuration(time);
  if (forMs === undefined) {
    invocation.out.problem(`${JSON.stringify(time)} is no time: ${DURATION_EXAMPLES}.`);
    return undefined;
  }
  const reason = invocation.option("reason") ?? defaultReason;
  // It stands in replies, where a line end would begin another one.
  if (/[^\x20-\x7e]/.test(reason)) {
    invocation.out.problem("The reason must be one line of ASCII: it stands in replies to other servers.");
    return undefined;
  }
  return { scope: scope ?? "all", forMs, reason };
}

/** Undefined: none was given. */
export function readScope(invocation: Invocation): Scope | undefined | "wrong" {
  const word = invocation.option("scope");
  if (word === undefined || word === "smtp" || word === "auth" || word === "all") return word;
  invocation.out.problem(`There is no scope ${JSON.stringify(word)}: smtp, auth or all.`);
  return "wrong";
}

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  smtp: "mail from servers",
  auth: "logins",
  all: "mail from servers and logins",
};

export function untilWords(untilMs: number | null): string {
  return untilMs === null ? "until it is taken off" : `until ${moment(untilMs)}`;
}

/** `alice@example.com, bob@example.com and 3 more` */
export function accountsWords({ count, named }: ListedEntry["accounts"]): string {
  const more = count - named.length;
  return more === 0 ? named.join(", ") : `${named.join(", ")} and ${more} more`;
}

/** One entry, some lines of at most 80 columns as far as its texts allow. */
export function entryLines(entry: ListedEntry): readonly string[] {
  const { prefix, kind, scope, reason, sinceMs, untilMs, origin, evidence, accounts, repeat } = entry;
  const again = repeat > 0 ? `, ${counted(repeat, "ban")} before it` : "";
  return [
    `${prefix}  ${kind} of ${SCOPE_WORDS[scope]}, ${untilWords(untilMs)}`,
    `  by ${origin} since ${moment(sinceMs)}${again}: ${reason}`,
    ...evidence.map((line) => `  seen: ${line}`),
    ...(accounts.count === 0 ? [] : [`  logged in there in 30 days: ${accountsWords(accounts)}`]),
  ];
}
