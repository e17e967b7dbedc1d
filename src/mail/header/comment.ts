const BACKSLASH = 0x5c;
const OPENING = 0x28;
const CLOSING = 0x29;

/** Index just past the comment that opens at `start` (RFC 5322 §3.2.2); one without an end reaches to the end of the text. */
export function commentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === OPENING) depth++;
    else if (code === CLOSING && --depth === 0) return at + 1;
  }
  return text.length;
}

/** The text with a space in place of each comment. Quoted strings are not looked for. */
export function withoutComments(text: string): string {
  if (!text.includes("(")) return text;
  let kept = "";
  let at = 0;
  while (at < text.length) {
    const opening = text.indexOf("(", at);
    if (opening === -1) break;
    kept += `${text.slice(at, opening)} `;
    at = commentEnd(text, opening);
  }
  return kept + text.slice(at);
}
