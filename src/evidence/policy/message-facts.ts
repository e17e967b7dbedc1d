/** A message as a policy file sees it: bounded, decoded, never the whole of it. */
import { fieldValue, splitFields } from "#mail/header/fields.ts";
import { parameterValue } from "#mail/header/parameters.ts";
import type { EnvelopeAddress, MessageIndex, MimePart } from "#mail/mime/structure.ts";
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import { textForSearch } from "#mail/text/search-text.ts";
import type { MessageOctets } from "../content/message-octets.ts";
import { numberedParts } from "../content/part-numbers.ts";
import type { Attachment, HeaderField, Mailbox, Message } from "./check.ts";
import {
  ATTACHMENTS_MAX,
  FIELD_CHARACTERS_MAX,
  FIELDS_CHARACTERS_MAX,
  FIELDS_MAX,
  HEADER_OCTETS_MAX,
  MAILBOXES_MAX,
  NAME_CHARACTERS_MAX,
  TEXT_CHARACTERS_MAX,
  TEXT_OCTETS_MAX,
} from "./limits.ts";

/** What the message itself says; the rest of `Message` is what was found out about it. */
export type MessageFacts = Omit<Message, "linkHosts" | "dkim" | "dmarc" | "score" | "reasons">;

/** Rejects only with the error of `octets`. */
export async function messageFacts(index: MessageIndex, octets: MessageOctets): Promise<MessageFacts> {
  const { envelope, root, sizeOctets } = index;
  const parts = numberedParts(root).map(({ mime }) => mime);
  const attached = parts.filter(isAttachment);
  const header = await headerFields(root, octets);
  const body = await firstText(parts, octets);
  return {
    sizeOctets,
    messageId: envelope.messageId?.slice(0, FIELD_CHARACTERS_MAX) ?? null,
    subject: decoded(envelope.subject, FIELD_CHARACTERS_MAX),
    from: mailboxes(envelope.from),
    to: mailboxes(envelope.to),
    cc: mailboxes(envelope.cc),
    headers: header.fields,
    attachments: attached.slice(0, ATTACHMENTS_MAX).map(attachment),
    text: body.text,
    isCut: header.isCut || body.isCut || attached.length > ATTACHMENTS_MAX || index.truncated,
  };
}

async function headerFields(
  { headerStart, bodyStart }: MimePart,
  octets: MessageOctets,
): Promise<{ readonly fields: readonly HeaderField[]; readonly isCut: boolean }> {
  const header = await octets.read(headerStart, Math.min(bodyStart, headerStart + HEADER_OCTETS_MAX));
  const fields: HeaderField[] = [];
  let left = FIELDS_CHARACTERS_MAX;
  for (const field of splitFields(header)) {
    const value = fieldValue(header, field, FIELD_CHARACTERS_MAX);
    left -= field.name.length + value.length;
    if (fields.length === FIELDS_MAX || left < 0) return { fields, isCut: true };
    fields.push({ name: field.name, value });
  }
  return { fields, isCut: bodyStart - headerStart > HEADER_OCTETS_MAX };
}

async function firstText(
  parts: readonly MimePart[],
  octets: MessageOctets,
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const part = parts.find((one) => one.type === "text" && !isAttachment(one));
  if (part === undefined) return { text: "", isCut: false };
  const { bodyStart, bodyEnd } = part;
  const text = textForSearch(part, await octets.read(bodyStart, Math.min(bodyEnd, bodyStart + TEXT_OCTETS_MAX)));
  const isCut = bodyEnd - bodyStart > TEXT_OCTETS_MAX || text.length > TEXT_CHARACTERS_MAX;
  return { text: text.slice(0, TEXT_CHARACTERS_MAX), isCut };
}

/** What a mail program shows as a file. */
function isAttachment(part: MimePart): boolean {
  return part.disposition?.type === "attachment" || nameOf(part) !== "";
}

function attachment(part: MimePart): Attachment {
  const { type, subtype, bodyStart, bodyEnd } = part;
  return { name: nameOf(part), type: `${type}/${subtype}`, sizeOctets: bodyEnd - bodyStart };
}

function nameOf({ disposition, parameters }: MimePart): string {
  const name = parameterValue(disposition?.parameters ?? [], "filename") ?? parameterValue(parameters, "name");
  return decoded(name ?? null, NAME_CHARACTERS_MAX);
}

function mailboxes(addresses: readonly EnvelopeAddress[] | null): readonly Mailbox[] {
  return (addresses ?? [])
    .filter(({ mailbox, host }) => mailbox !== null && host !== null)
    .slice(0, MAILBOXES_MAX)
    .map(({ name, mailbox, host }) => ({
      name: decoded(name, NAME_CHARACTERS_MAX),
      address: `${mailbox}@${host}`.slice(0, FIELD_CHARACTERS_MAX),
    }));
}

function decoded(text: string | null, charactersMax: number): string {
  return decodeEncodedWords(text ?? "").slice(0, charactersMax);
}
