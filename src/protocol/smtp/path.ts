/**
 * Paths of MAIL and RCPT (RFC 5321 §4.1.2). The end of a path is found with quotes in view, so that a `>` in a quoted
 * local-part ends nothing; a source route is checked, then dropped (§3.6.1).
 */
import { type AddressProblem, type Mailbox, parseDomain, parseMailbox } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";

export type PathProblem = AddressProblem | "no-angle-brackets" | "bad-route";

export interface PathAndRest {
  /** Null is `<>`; `postmaster` the mailbox without a domain. Which of them may stand here is the command's affair. */
  readonly path: Mailbox | "postmaster" | null;
  /** What follows the closing bracket. */
  readonly rest: string;
}

export function parsePath(text: string, options: { readonly utf8: boolean }): Result<PathAndRest, PathProblem> {
  const end = pathEnd(text);
  if (end === -1) return failed("no-angle-brackets");
  const rest = text.slice(end + 1);
  if (rest !== "" && !rest.startsWith(" ")) return failed("no-angle-brackets");
  const inner = text.slice(1, end);
  if (inner === "") return ok({ path: null, rest });
  if (inner.toLowerCase() === "postmaster") return ok({ path: "postmaster", rest });
  const start = inner.startsWith("@") ? routeEnd(inner) : 0;
  if (start === -1) return failed("bad-route");
  const mailbox = parseMailbox(start === 0 ? inner : inner.slice(start), options);
  return mailbox.ok ? ok({ path: mailbox.value, rest }) : mailbox;
}

/** Index of the `>` that ends the path, or -1. */
function pathEnd(text: string): number {
  if (!text.startsWith("<")) return -1;
  // Without a quote the first bracket is the one.
  if (!text.includes('"')) return text.indexOf(">");
  let quoted = false;
  for (let i = 1; i < text.length; i++) {
    const character = text[i];
    if (quoted && character === "\\") i++;
    else if (character === '"') quoted = !quoted;
    else if (character === ">" && !quoted) return i;
  }
  return -1;
}

/** Index after the colon of `@a,@b:`, or -1 where that is not well-formed. */
function routeEnd(inner: string): number {
  for (let at = 0; inner[at] === "@"; ) {
    // The colons of an IPv6 literal are not the one that ends the route.
    const from = inner[at + 1] === "[" ? inner.indexOf("]", at) : at;
    if (from === -1) return -1;
    const stop = inner.slice(from).search(/[,:]/);
    if (stop === -1 || !parseDomain(inner.slice(at + 1, from + stop)).ok) return -1;
    at = from + stop + 1;
    if (inner[at - 1] === ":") return at;
  }
  return -1;
}
