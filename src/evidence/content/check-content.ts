/** The signals of a message that need no learning, gathered in one pass over its header and a look at its attachments. */

import { parseDate } from "#mail/header/date.ts";
import { fieldValue, splitFields } from "#mail/header/fields.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import { checkFiles } from "./check-files.ts";
import type { ContentEvidence, CountedField, DateEvidence } from "./evidence.ts";
import { FIELD_OCTETS_MAX, FIELDS_OF_A_NAME_MAX, HEADER_OCTETS_MAX } from "./limits.ts";
import { listUnsubscribe } from "./list-unsubscribe.ts";
import type { MessageOctets } from "./message-octets.ts";
import { type FieldValues, type Surroundings, senderIdentity } from "./sender-identity.ts";

export interface ContentInquiry extends Surroundings {
  readonly index: MessageIndex;
  readonly octets: MessageOctets;
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number;
}

const COUNTED: readonly CountedField[] = ["from", "sender", "reply-to", "to", "cc", "date", "message-id", "subject"];
/** RFC 5322 §3.6.4, without its obsolete forms. */
const MESSAGE_ID = /^<[^\s<>@]{1,500}@[^\s<>@]{1,500}>$/;

/** Rejects only with the error of `octets`. */
export async function checkContent({
  index,
  octets,
  receivedAtMs,
  ...around
}: ContentInquiry): Promise<ContentEvidence> {
  const { headerStart, bodyStart } = index.root;
  const header = await octets.read(headerStart, Math.min(bodyStart, headerStart + HEADER_OCTETS_MAX));
  const fields = splitFields(header);
  const values: FieldValues = (name) =>
    fields
      .filter((field) => field.name === name)
      .slice(0, FIELDS_OF_A_NAME_MAX)
      .map((field) => fieldValue(header, field, FIELD_OCTETS_MAX));
  const count = (name: string): number => fields.filter((field) => field.name === name).length;
  const identity = senderIdentity(values, around);
  return {
    fields: Object.fromEntries(COUNTED.map((name) => [name, count(name)])) as Record<CountedField, number>,
    date: dateEvidence(values("date")[0], receivedAtMs),
    messageIdIsWellFormed: MESSAGE_ID.test(values("message-id")[0]?.trim() ?? ""),
    ...identity,
    listUnsubscribe: listUnsubscribe(values, identity.headerFrom?.domain),
    ...(await checkFiles(index.root, octets)),
  };
}

function dateEvidence(text: string | undefined, receivedAtMs: number): DateEvidence {
  const date = text === undefined ? null : parseDate(text);
  return { isReadable: date !== null, ageMs: date === null ? null : receivedAtMs - date.epochMs };
}
