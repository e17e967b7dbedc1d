/**
 * Which header fields a signature covers (RFC 6376 §5.4.1). Each is named once more than it is there (§8.15): nobody can add
 * another one in front of it without breaking the signature.
 */
import type { HeaderField } from "#mail/header/fields.ts";

/** Covered whether they are there or not: an added one would be shown to the reader, or acted on. */
const ALWAYS = [
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "in-reply-to",
  "references",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
];

/** Covered where they are there. Mailing lists add their own `List-` fields, and may do so. */
const WHERE_PRESENT = [
  "resent-from",
  "resent-to",
  "resent-date",
  "resent-message-id",
  "list-id",
  "list-post",
  "list-help",
  "list-owner",
  "list-archive",
  "list-subscribe",
  "list-unsubscribe",
  "list-unsubscribe-post",
  "feedback-id",
  "autocrypt",
  "auto-submitted",
];

/** @returns names for `h=`, in lower case, those that occur more than once several times. */
export function signedFields(fields: readonly HeaderField[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  const covered = [...ALWAYS, ...WHERE_PRESENT.filter((name) => counts.has(name))];
  return covered.flatMap((name) => Array.from({ length: (counts.get(name) ?? 0) + 1 }, () => name));
}
