/** Tag lists (RFC 6376 §3.2): signatures, seals and key records are written in them. */
import { failed, ok, type Result } from "../result.ts";

export type TagList = ReadonlyMap<string, string>;

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * Tags by name, as written: case counts. Values have no blanks at their ends; those inside are kept.
 * @returns the problem is the name of the tag that is wrong, or what stands in its place.
 */
export function parseTagList(text: string): Result<TagList, string> {
  const tags = new Map<string, string>();
  const parts = text.split(";");
  for (const [index, part] of parts.entries()) {
    const equals = part.indexOf("=");
    if (equals === -1) {
      // One semicolon may stand behind the last tag.
      if (index === parts.length - 1 && index > 0 && trimmed(part) === "") continue;
      return failed(trimmed(part));
    }
    const name = trimmed(part.slice(0, equals));
    if (!NAME.test(name) || tags.has(name)) return failed(name);
    tags.set(name, trimmed(part.slice(equals + 1)));
  }
  return ok(tags);
}

/** For values in which white space means nothing (RFC 6376 §3.5 `b`, `bh`, `h`, §3.6.1 `p`). */
export function withoutBlanks(value: string): string {
  return value.replace(/[ \t\r\n]+/g, "");
}

/** Items of a list with colons, in lower case. */
export function colonList(value: string): readonly string[] {
  return withoutBlanks(value)
    .toLowerCase()
    .split(":")
    .filter((item) => item !== "");
}

/** By hand: a pattern would look at a long run of blanks once for each of them. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
