/** What may be a folder's name (RFC 3501 §5.1, RFC 9051 §5.1): the one way in for every name a client sends. */
import { FOLDER_DEPTH_MAX, FOLDER_NAME_OCTETS_MAX } from "./limits.ts";
import { HIERARCHY_SEPARATOR } from "./store.ts";

// Controls, and the line and paragraph separators of RFC 5198 §2.
// oxlint-disable-next-line no-control-regex -- controls are what is refused
const FORBIDDEN = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;

/** Characters as they come: composed ones, of two octets and more each, may be written as two or three. */
const WRITTEN_LENGTH_MAX = 2 * FOLDER_NAME_OCTETS_MAX;

/**
 * The name as it is kept: NFC, its first level `INBOX` in capitals however it was written (RFC 3501 §5.1). Undefined for
 * a name with an empty level, a control character or a lone surrogate, or one out of bounds.
 */
export function parseFolderName(text: string): string | undefined {
  // Asked first: normal forms take the square of the marks in a text.
  if (text.length > WRITTEN_LENGTH_MAX) return undefined;
  if (!text.isWellFormed() || FORBIDDEN.test(text)) return undefined;
  const levels = text.normalize("NFC").split(HIERARCHY_SEPARATOR);
  if (levels.includes("") || levels.length > FOLDER_DEPTH_MAX) return undefined;
  if (/^inbox$/i.test(levels[0] ?? "")) levels[0] = "INBOX";
  const name = levels.join(HIERARCHY_SEPARATOR);
  return Buffer.byteLength(name) > FOLDER_NAME_OCTETS_MAX ? undefined : name;
}

/** The names above `name`, outermost first. */
export function parentNames(name: string): readonly string[] {
  const levels = name.split(HIERARCHY_SEPARATOR);
  return levels.slice(1).map((_, depth) => levels.slice(0, depth + 1).join(HIERARCHY_SEPARATOR));
}
