/** MAIL and RCPT: from a command line to a request, or the reply that refuses it. */
import type { Reply } from "#mail/reply.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { PathCommand } from "./command.ts";
import { type Announced, parseRecipientParameters, parseSenderParameters } from "./parameters.ts";
import { parsePath } from "./path.ts";
import { NEEDS_SMTPUTF8, NOT_UTF8, NULL_RECIPIENT, pathRefusal } from "./session-replies.ts";
import type { RecipientRequest, SenderRequest } from "./transaction.ts";

export function parseSender({ path, encoding }: PathCommand, announced: Announced): Result<SenderRequest, Reply> {
  // The parameter stands behind the path that needs it (RFC 6531 §3.4).
  if (encoding !== "ascii" && !/ SMTPUTF8(?: |$)/i.test(path)) return failed(NEEDS_SMTPUTF8);
  const parsed = parsePath(path, { utf8: true });
  if (!parsed.ok) return failed(pathRefusal("MAIL", parsed.problem));
  const { path: reversePath, rest } = parsed.value;
  if (reversePath === "postmaster") return failed(pathRefusal("MAIL", "no-domain"));
  const parameters = parseSenderParameters(rest, announced);
  if (!parameters.ok) return parameters;
  if (encoding === "broken") return failed(NOT_UTF8);
  // The word may have stood inside a quoted local-part.
  if (encoding === "utf-8" && !parameters.value.utf8) return failed(NEEDS_SMTPUTF8);
  return ok({ reversePath, ...parameters.value });
}

export function parseRecipient(
  { path, encoding }: PathCommand,
  announced: { readonly extended: boolean; readonly utf8: boolean },
): Result<RecipientRequest, Reply> {
  if (encoding !== "ascii" && !announced.utf8) return failed(NEEDS_SMTPUTF8);
  if (encoding === "broken") return failed(NOT_UTF8);
  const parsed = parsePath(path, announced);
  if (!parsed.ok) return failed(pathRefusal("RCPT", parsed.problem));
  if (parsed.value.path === null) return failed(NULL_RECIPIENT);
  const parameters = parseRecipientParameters(parsed.value.rest, announced);
  return parameters.ok ? ok({ path: parsed.value.path, ...parameters.value }) : parameters;
}
