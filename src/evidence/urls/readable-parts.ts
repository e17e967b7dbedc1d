/** The parts of a message that hold text in which links may stand, in their order, and the subjects. */
import { parameterValue } from "#mail/header/parameters.ts";
import type { MessageIndex, MimePart } from "#mail/mime/structure.ts";
import { numberedParts } from "../content/part-numbers.ts";

export type ReadablePart =
  | { readonly kind: "subject"; readonly part: string; readonly text: string }
  | { readonly kind: "text" | "html" | "folded"; readonly part: string; readonly mime: MimePart }
  /** A message in a transfer encoding, against RFC 2046 §5.2.1; some programs open it all the same. */
  | { readonly kind: "encoded-message"; readonly part: string; readonly mime: MimePart };

/** Kinds of text with a syntax of their own for lines that go on (RFC 5545 §3.1, RFC 6350 §3.2). */
const FOLDED = new Set(["calendar", "vcard", "x-vcard", "x-vcalendar", "directory"]);
const HTML_NAME = /\.(?:x?html?|shtml?|mht|svg|xml)$/i;
const TEXT_NAME = /\.(?:txt|text|md|csv|log|url|webloc)$/i;

/** @param prefix number of the part that holds the message, of one inside another; empty for the message itself. */
export function readableParts(
  { envelope, root }: Pick<MessageIndex, "envelope" | "root">,
  prefix = "",
): ReadablePart[] {
  const parts: ReadablePart[] = [];
  const subject = (text: string | null, part: string): void => {
    if (text !== null) parts.push({ kind: "subject", part: part === "" ? "subject" : `${part}/subject`, text });
  };
  subject(envelope.subject, prefix);
  for (const { part, mime } of numberedParts(root, prefix)) {
    if (mime.message !== undefined) {
      if (mime.encoding === "base64" || mime.encoding === "quoted-printable") {
        parts.push({ kind: "encoded-message", part, mime });
      }
      subject(mime.message.envelope.subject, part);
      continue;
    }
    const kind = kindOf(mime);
    if (kind !== undefined) parts.push({ kind, part, mime });
  }
  return parts;
}

function kindOf(mime: MimePart): "text" | "html" | "folded" | undefined {
  const { type, subtype } = mime;
  if (subtype === "html" || subtype === "xhtml+xml" || subtype === "svg+xml") return "html";
  const name =
    parameterValue(mime.disposition?.parameters ?? [], "filename") ?? parameterValue(mime.parameters, "name");
  if (name !== undefined && HTML_NAME.test(name)) return "html";
  if (type === "text") return FOLDED.has(subtype) ? "folded" : "text";
  if (type === "message") return "text";
  return name !== undefined && TEXT_NAME.test(name) ? "text" : undefined;
}
