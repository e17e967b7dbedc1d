/** The parts of a message with the numbers that IMAP gives them (RFC 3501 §6.4.5). */
import type { MimePart } from "#mail/mime/structure.ts";

export interface NumberedPart {
  /** `1`, `2.1` */
  readonly part: string;
  readonly mime: MimePart;
}

/**
 * All parts that are no multiparts, in their order; a message comes before what it holds.
 * @param prefix number of the part that holds the message; empty for the message itself.
 */
export function numberedParts(root: MimePart, prefix = ""): readonly NumberedPart[] {
  const parts: NumberedPart[] = [];
  walkMessage(root, prefix, parts);
  return parts;
}

/** A message that is no multipart has its body as part 1. */
function walkMessage(root: MimePart, prefix: string, parts: NumberedPart[]): void {
  walk(root, root.parts === undefined ? below(prefix, 1) : prefix, parts);
}

/** As deep as the index goes, which is bounded. */
function walk(mime: MimePart, part: string, parts: NumberedPart[]): void {
  if (mime.parts !== undefined) {
    for (const [index, child] of mime.parts.entries()) walk(child, below(part, index + 1), parts);
    return;
  }
  parts.push({ part, mime });
  if (mime.message !== undefined) walkMessage(mime.message.root, part, parts);
}

function below(prefix: string, number: number): string {
  return prefix === "" ? `${number}` : `${prefix}.${number}`;
}
