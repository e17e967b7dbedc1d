/** What stands in brackets before the text of a status response (RFC 3501 §7.1 and the extensions in `ResponseCode`). */
import { encodeAstring } from "./encode-string.ts";
import type { ResponseCode } from "./response.ts";
import { formatNumbers } from "./sequence-set.ts";

/** Without its brackets. */
export function encodeResponseCode(code: ResponseCode): string {
  const argument = argumentOf(code);
  return argument === undefined ? code.name : `${code.name} ${argument}`;
}

function argumentOf(code: ResponseCode): string | undefined {
  if ("charsets" in code) return `(${code.charsets.map((name) => encodeAstring(name, { utf8: false })).join(" ")})`;
  if ("capabilities" in code) return code.capabilities.join(" ");
  if ("flags" in code) return `(${code.flags.join(" ")})`;
  if ("value" in code) return `${code.value}`;
  if ("uid" in code) return `${code.uidValidity} ${code.uid}`;
  if ("from" in code) return `${code.uidValidity} ${formatNumbers(code.from)} ${formatNumbers(code.to)}`;
  if ("set" in code) return formatNumbers(code.set);
  return undefined;
}
