import type { Reply } from "#mail/reply.ts";

/** Characters a reply may hold without SMTPUTF8 (RFC 5321 §4.2: HT, SP and printable ASCII). */
const NOT_TEXT = /[^\t -~]/;

/** The reply as it goes over the wire. Text of several lines has its code (and status, RFC 2034 §4) on each. */
export function formatReply({ code, status, text }: Reply): string {
  const lead = status === null ? "" : `${status} `;
  if (!text.includes("\n")) return `${code} ${lead}${printable(text)}\r\n`;
  const lines = text.split("\n");
  const last = lines.length - 1;
  return lines.map((line, index) => `${code}${index === last ? " " : "-"}${lead}${printable(line)}\r\n`).join("");
}

/** Nothing a client said can begin a line of ours. */
function printable(text: string): string {
  return NOT_TEXT.test(text) ? text.replace(/[^\t -~]/g, "?") : text;
}
