/** The header as the sender wrote it: what is read from it, and which fields are not passed on because only we may write them. */
import { Buffer } from "node:buffer";
import { fieldColon, fieldValue, type HeaderField, splitFields } from "#mail/header/fields.ts";
import { AUTHSERV_ID_OCTETS_MAX, isReservedField } from "#mail/header/reserved-fields.ts";

export interface SenderHeader {
  /** Slices of the header in their order, without the removed fields. */
  readonly kept: readonly Uint8Array[];
  /** Names of the removed fields. */
  readonly removed: readonly string[];
  /** The message begins with something that is no header field: an empty line must stand before it. */
  readonly beginsWithText: boolean;
  readonly receivedFields: number;
  readonly fromFields: number;
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
}

/**
 * @param header up to and with its empty line, or the whole message where there is none.
 * @param by `fromNode`: a node of ours has written its own fields into it already, and taken off others'. `fromUser`: a mail
 * program handed it in, and hidden recipients are taken off for everybody.
 */
export function readSenderHeader(
  header: Buffer,
  by: { readonly hostname: string; readonly fromNode?: true; readonly fromUser?: true },
): SenderHeader {
  const start = mboxLineEnd(header);
  const fields = splitFields(header);
  const ours = fields.filter(
    (field) =>
      (by.fromUser === true && HIDDEN.has(field.name)) ||
      (!(by.fromNode === true && field.name.startsWith("x-")) &&
        isReservedField(field.name, () => fieldValue(header, field, AUTHSERV_ID_OCTETS_MAX), by.hostname)),
  );
  const count = (name: string): number => fields.filter((field) => field.name === name).length;
  return {
    kept: without(header, start, ours),
    removed: ours.map(({ name }) => name),
    beginsWithText: beginsWithText(header, start),
    receivedFields: count("received"),
    fromFields: count("from"),
    hasDate: count("date") > 0,
    hasMessageId: count("message-id") > 0,
  };
}

/** Recipients that the others must not see (RFC 5322 §3.6.3, §3.6.6). */
const HIDDEN: ReadonlySet<string> = new Set(["bcc", "resent-bcc"]);

function without(header: Buffer, start: number, removed: readonly HeaderField[]): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let from = start;
  for (const field of removed) {
    if (field.start > from) kept.push(header.subarray(from, field.start));
    from = Math.max(from, field.end);
  }
  if (from < header.length) kept.push(header.subarray(from));
  return kept;
}

/** An mbox `From ` line in front is no part of a message; some programs leave it there. */
function mboxLineEnd(header: Buffer): number {
  const begins = header.toString("latin1", 0, 6);
  if (!begins.startsWith("From ") && begins !== ">From ") return 0;
  return header.indexOf("\n") + 1;
}

/** A first line that begins with a blank would continue our own trace field. */
function beginsWithText(header: Buffer, start: number): boolean {
  const lf = header.indexOf("\n", start);
  if (header.length === start || header.subarray(start, start + 2).equals(CRLF)) return false;
  return fieldColon(header, start, lf === -1 ? header.length : lf) === -1;
}

const CRLF = Buffer.from("\r\n");
