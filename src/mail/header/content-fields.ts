/** The MIME fields that say what a part is (RFC 2045, RFC 2183, RFC 3282). Tolerant: any text gives some answer. */
import type { MimePart, Parameters } from "../mime/structure.ts";
import { withoutComments } from "./comment.ts";
import { LANGUAGES_MAX } from "./limits.ts";
import { parseParameters } from "./parameters.ts";

export interface ContentType {
  /** Lower-case. */
  readonly type: string;
  readonly subtype: string;
  readonly parameters: Parameters;
}

const TOKEN = /[^\s()<>@,;:\\"/[\]?=]+/;
const TYPE = new RegExp(String.raw`^[\s;]*(${TOKEN.source})\s*/\s*(${TOKEN.source})`);

/** Content-Type of an unfolded value. One without `type/subtype` is text/plain (RFC 2045 §5.2); its parameters still count. */
export function parseContentType(value: string): ContentType {
  // Most often there is no comment in the way, and the parameters begin just behind, even where the semicolon is missing.
  const match = TYPE.exec(value);
  const [, type, subtype] = match ?? TYPE.exec(withoutComments(head(value))) ?? [];
  const parameters = parseParameters(value, match?.[0].length ?? head(value).length);
  if (type === undefined || subtype === undefined) return { type: "text", subtype: "plain", parameters };
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters };
}

/** Content-Disposition; null where the field says nothing, `attachment` where it has parameters alone (RFC 2183 §2.8 for what is unknown). */
export function parseContentDisposition(value: string): MimePart["disposition"] {
  const type = TOKEN.exec(withoutComments(head(value)))?.[0].toLowerCase();
  const parameters = parseParameters(value, head(value).length);
  if (type === undefined && parameters.length === 0) return null;
  return { type: type ?? "attachment", parameters };
}

/** Content-Transfer-Encoding in lower case; `7bit` where the field is empty (RFC 2045 §6.1). */
export function parseTransferEncoding(value: string): string {
  return TOKEN.exec(withoutComments(value))?.[0].toLowerCase() ?? "7bit";
}

/** Content-Language (RFC 3282): the tags as written; null for none. */
export function parseContentLanguage(value: string): readonly string[] | null {
  const tags = withoutComments(value).split(",", LANGUAGES_MAX);
  const languages = tags.map((tag) => tag.trim()).filter((tag) => tag !== "");
  return languages.length === 0 ? null : languages;
}

function head(value: string): string {
  const semicolon = value.indexOf(";");
  return semicolon === -1 ? value : value.slice(0, semicolon);
}
