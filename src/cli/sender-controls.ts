/** Control commands for the sender lists. They are in force for the next message, in every thread. */
import { z } from "zod";
import { parseSenderScope, parseSenderSubject } from "#evidence/sender-lists/sender-lists.ts";
import { type Administration, findAccount } from "#identity/administration.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { command } from "./control-entry.ts";

/** Characters of a note: it stands in one line of a reply. */
const NOTE_CHARACTERS_MAX = 200;
const key = { subject: z.string(), scope: z.string() };

export const senderCommands = {
  "sender-put": command(
    z.strictObject({ ...key, kind: z.enum(["allow", "deny"]), note: z.string() }),
    async ({ administration }, { subject, scope, kind, note }) => {
      const { store, clock } = administration;
      const parsed = await parseKey(administration, subject, scope);
      if (!parsed.ok) return parsed;
      if (note.length > NOTE_CHARACTERS_MAX || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(note)) return failed("bad-note");
      const row = { ...parsed.value, kind, note, sinceMs: clock.now() };
      const put = await store.putSender(row);
      return put.ok ? ok(row) : put;
    },
  ),
  "sender-list": command(z.strictObject({ scope: z.string().nullable() }), async ({ administration }, { scope }) => {
    const entries = await administration.store.listSenders();
    if (scope === null) return ok(entries);
    const wanted = await parseScope(administration, scope);
    return wanted.ok ? ok(entries.filter((entry) => entry.scope === wanted.value)) : wanted;
  }),
  "sender-remove": command(z.strictObject(key), async ({ administration }, { subject, scope }) => {
    const parsed = await parseKey(administration, subject, scope, "gone-too");
    if (!parsed.ok) return parsed;
    const removed = await administration.store.removeSender(parsed.value);
    return removed.ok ? ok(parsed.value) : removed;
  }),
};

async function parseKey(
  administration: Administration,
  said: string,
  saidScope: string,
  whose: "ours" | "gone-too" = "ours",
): Promise<Result<{ readonly subject: string; readonly scope: string }, string>> {
  const text = said.trim().replace(/^<(.*)>$/, "$1");
  // A bare domain is a domain: an address has an at sign, and a network no letters that are none of its digits.
  const subject = parseSenderSubject(text) ?? (text.includes("@") ? undefined : parseSenderSubject(`@${text}`));
  if (subject === undefined) return failed("bad-sender");
  const scope = await parseScope(administration, saidScope, whose);
  return scope.ok ? ok({ subject, scope: scope.value }) : scope;
}

/** Whose mail: nothing said is everybody's. An entry of an account or domain that has gone can still be removed. */
async function parseScope(
  { store, domains }: Administration,
  said: string,
  whose: "ours" | "gone-too" = "ours",
): Promise<Result<string, string>> {
  const text = said.trim();
  if (text === "") return ok("");
  const scope = parseSenderScope(text) ?? (text.includes("@") ? undefined : parseSenderScope(`@${text}`));
  if (scope === undefined) return failed(`bad-scope: ${text}`);
  if (whose === "gone-too") return ok(scope);
  if (!scope.startsWith("@"))
    return (await findAccount(store, scope)).ok ? ok(scope) : failed(`scope-not-ours: ${scope}`);
  const domain = scope.slice(1);
  const isOurs = domains.includes(domain) || (await store.listDomains()).some(({ name }) => name === domain);
  return isOurs ? ok(scope) : failed(`scope-not-ours: ${domain}`);
}
