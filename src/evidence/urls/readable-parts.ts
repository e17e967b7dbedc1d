/** The parts of a message that hold text in which links may stand, in their order, and the subjects. */
import { parameterValue } from "#mail/header/parameters.ts";
import type { MessageIndex, MimePart } from "#mail/mime/structure.ts";

export type ReadablePart =
  | { readonly kind: "subject"; readonly part: string; readonly text: string }
  | { readonly kind: "text" | "html" | "folded"; readonly part: string; readonly mime: MimePart }
  /** A message in a transfer encoding, against RFC 2046 §5.2.1; some programs open it all the same. */
  | { readonly kind: "encoded-message"; readonly part: string; readonly mime: MimePart };

/** Kinds of text with a syntax of their own for lines that go on (RFC 5545 §3.1, RFC 6350 §3.2). */
const FOLDED = new Set(["calendar", "vcard", "x-vcard", "x-vcalendar", "directory"]);
const HTML_NAME = /\.(?:x?html?|shtml?|mht|svg|xml)$/i;
const TEXT_NAME = /\.(?:txt|text|md|csv|log|url|webloc)$/i;

/** @param prefix section of the message inside another one; empty for the message itself. */
export function readableParts(
  { envelope, root }: Pick<MessageIndex, "envelope" | "root">,
  prefix = "",
): ReadablePart[] {
  const parts: ReadablePart[] = [];
  walkMessage(envelope.subject, root, prefix, parts);
  return parts;
}

function walkMessage(subject: string | null, root: MimePart, prefix: string, parts: ReadablePart[]): void {
  if (subject !== null) parts.push({ kind: "subject", part: joined(prefix, "subject", "/"), text: subject });
  // A message of one part has that part as its section 1 (RFC 3501 §6.4.5).
  if (root.parts === undefined) walk(root, joined(prefix, "1", "."), parts);
  else walk(root, prefix, parts);
}

function walk(mime: MimePart, part: string, parts: ReadablePart[]): void {
  if (mime.parts !== undefined) {
    for (const [index, child] of mime.parts.entries()) walk(child, joined(part, String(index + 1), "."), parts);
    return;
  }
  if (mime.message !== undefined) {
    if (mime.encoding === "base64" || mime.encoding === "quoted-printable") {
      parts.push({ kind: "encoded-message", part, mime });
    }
    return walkMessage(mime.message.envelope.subject, mime.message.root, part, parts);
  }
  const kind = kindOf(mime);
  if (kind !== undefined) parts.push({ kind, part, mime });
}

function kindOf(mime: MimePart): "text" | "html" | "folded" | undefined {
  const { type, subtype } = mime;
  if (subtype === "html" || subtype === "xhtml+xml" || subtype === "svg+xml") return "html";
  const name =
    parameterValue(mime.disposition?.parameters ?? [], "filename") ?? parameterValue(mime.parameters, "name");
  if (name !== undefined && HTML_NAME.test(name)) return "html";
  if (type === "text") return FOLDED.has(subtype) ? "folded" : "text";
  if (type === "message" && mime.message === undefined) return "text";
  return name !== undefined && TEXT_NAME.test(name) ? "text" : undefined;
}

function joined(prefix: string, name: string, separator: string): string {
  return prefix === "" ? name : `${prefix}${separator}${name}`;
}
