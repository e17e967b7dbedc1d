/** Foreign text on our page: printable, and not too long. */

import { SHOWN_MAX } from "./limits.ts";
import type { SmtpReply } from "./smtp-probe.ts";

export function shown(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]+/g, "?");
  return printable.length > SHOWN_MAX ? `${printable.slice(0, SHOWN_MAX)}…` : printable;
}

export function shownReply({ lines }: SmtpReply): string {
  return shown(lines.join(" / "));
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
