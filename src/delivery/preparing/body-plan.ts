/**
 * How the body of a message goes out: which octets as they are, which parts in another transfer encoding. Signed parts are
 * left alone: whoever signed them is the only one who may change them (RFC 1847 §2.1).
 */
import type { MimePart } from "#mail/mime/structure.ts";
import type { Unfitness, UnfitOctets } from "./unfit-octets.ts";

export type Recoding = "quoted-printable" | "base64" | "mend-quoted-printable" | "mend-base64";

export interface PartChange {
  readonly part: MimePart;
  readonly recoding: Recoding;
  /** The whole of a message, or of one that is attached: its header is a message's. */
  readonly isMessage: boolean;
}

/** In the order in which they stand in the message; ranges do not overlap. */
export function changedParts(root: MimePart, unfit: UnfitOctets, kinds: readonly Unfitness[]): readonly PartChange[] {
  const changes: PartChange[] = [];
  visit(root, true);
  return changes;

  function visit(part: MimePart, isMessage: boolean): void {
    if (!unfit.has(kinds, part.headerStart, part.bodyEnd)) return;
    if (part.message !== undefined) return visit(part.message.root, true);
    if (part.parts !== undefined) {
      if (part.type === "multipart" && part.subtype === "signed") return;
      for (const child of part.parts) visit(child, false);
      return;
    }
    if (!unfit.has(kinds, part.bodyStart, part.bodyEnd)) return;
    const recoding = recodingOf(part);
    if (recoding !== undefined) changes.push({ part, recoding, isMessage });
  }
}

/** A part in an encoding that nobody knows is left as it is. */
function recodingOf({ encoding, type }: MimePart): Recoding | undefined {
  switch (encoding) {
    case "quoted-printable":
      return "mend-quoted-printable";
    case "base64":
      return "mend-base64";
    case "7bit":
    case "8bit":
    case "binary":
      return type === "text" ? "quoted-printable" : "base64";
    default:
      return undefined;
  }
}

export function encodingName(recoding: Recoding): string {
  return recoding.endsWith("base64") ? "base64" : "quoted-printable";
}
