/** Header fields on their way to a milter, and those it adds on their way into the message. */
import { Buffer } from "node:buffer";
import { asBuffer, splitFields } from "#mail/header/fields.ts";
import { isReservedField } from "#mail/header/reserved-fields.ts";
import type { MilterField } from "#protocol/milter/command.ts";
import type { Change } from "#protocol/milter/reply.ts";
import { ADDED_FIELDS_MAX, ADDED_OCTETS_MAX } from "./limits.ts";

/** Written in front of the message by ourselves: a milter is told the message as its sender wrote it. */
const OUR_TRACE: ReadonlySet<string> = new Set(["return-path", "received"]);

/**
 * The fields of a header, one at a time. Of those that we put in front it has what a submission server adds for the sender.
 * @param ownOctets how much of the header is ours.
 */
export function* milterFields(header: Uint8Array, ownOctets: number): Generator<MilterField> {
  const octets = asBuffer(header);
  for (const { name, start, valueStart, end } of splitFields(octets)) {
    if (start < ownOctets && OUR_TRACE.has(name)) continue;
    const value = octets
      .toString("latin1", valueStart, end)
      .replace(/\r?\n$/, "")
      .replaceAll("\r\n", "\n");
    yield { name: octets.subarray(start, start + name.length), value: Buffer.from(value, "latin1") };
  }
}

export interface AddedFields {
  /** `Name: value` with CRLF, in the order in which they stand. */
  readonly taken: readonly string[];
  /** Names of those that it may not write. */
  readonly refused: readonly string[];
}

/**
 * Fields of which a message has one, and what says how it is to be read: they were judged as the sender wrote them. `Received`
 * is for servers that pass mail on.
 */
const THE_SENDERS: ReadonlySet<string> = new Set([
  "received",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "date",
  "message-id",
  "in-reply-to",
  "references",
  "subject",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
]);

type Addition = Extract<Change, { kind: "add-header" }>;

/** All stand in front of the sender's fields: those for the top first. */
export function addedFields(changes: readonly Change[], hostname: string): AddedFields {
  const asked = changes.filter((change): change is Addition => change.kind === "add-header");
  // Each that is inserted at the top stands above the one before.
  const top = asked.filter(({ index }) => index !== null).toReversed();
  const taken: string[] = [];
  const refused: string[] = [];
  let octets = 0;
  for (const { name, value } of [...top, ...asked.filter(({ index }) => index === null)]) {
    const field = mayAdd(name, value, hostname) ? fieldText(name, value) : undefined;
    const length = field === undefined ? 0 : Buffer.byteLength(field);
    if (field === undefined || taken.length >= ADDED_FIELDS_MAX || octets + length > ADDED_OCTETS_MAX) {
      refused.push(name);
      continue;
    }
    octets += length;
    taken.push(field);
  }
  return { taken, refused };
}

function mayAdd(name: string, value: string, hostname: string): boolean {
  const lower = name.toLowerCase();
  return !THE_SENDERS.has(lower) && !isReservedField(lower, () => value, hostname);
}

/** RFC 5322 §2.2: lines of at most 998 octets. */
const LINE_OCTETS_MAX = 998;

/** Undefined for what is no header field: it would end the header, or begin another field. */
function fieldText(name: string, value: string): string | undefined {
  if (!/^[!-9;-~]{1,70}$/.test(name)) return undefined;
  const lines = value
    .replace(/^[ \t]*/, "")
    .replace(/[\r\n \t]+$/, "")
    .split(/\r\n|\n|\r/);
  const isFolded = lines.every((line, index) => index === 0 || /^[ \t]+[^ \t]/.test(line));
  // oxlint-disable-next-line no-control-regex -- these are what must not be in it
  if (!isFolded || /[\0-\x08\x0b-\x1f\x7f]/.test(lines.join(""))) return undefined;
  const text = `${name}: ${lines.join("\r\n")}`;
  return text.split("\r\n").some((line) => Buffer.byteLength(line) > LINE_OCTETS_MAX) ? undefined : `${text}\r\n`;
}

const SPAM_FIELD = /^x-spam(?:-flag|-status)?$/i;

/**
 * A field that is to be "changed" and that the message does not have is one more field (smfi_chgheader(3)): so rspamd adds its
 * `X-Spam`, whatever was agreed on. That one it may add beside a sender's, too.
 */
export function additionsAmong(notAgreed: readonly Change[], header: Uint8Array): readonly Change[] {
  const names = new Set(splitFields(header).map(({ name }) => name));
  return notAgreed.map((change) => {
    if (change.kind !== "change-header" || change.value === "") return change;
    const isNew = !names.has(change.name.toLowerCase()) || SPAM_FIELD.test(change.name);
    return isNew ? { kind: "add-header", index: 0, name: change.name, value: change.value } : change;
  });
}

/** By which field the milter says that the message is spam: rspamd's and SpamAssassin's ways. */
export function spamField(changes: readonly Change[]): string | null {
  for (const change of changes) {
    if (change.kind !== "add-header" && change.kind !== "change-header") continue;
    if (SPAM_FIELD.test(change.name) && /^[ \t]*yes\b/i.test(change.value)) return change.name;
  }
  return null;
}
