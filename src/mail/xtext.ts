/** xtext (RFC 3461 §4) as it was meant. What it hides may be a line end: nothing but printable text comes out. */
export function decodeXtext(text: string): string {
  return text
    .replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[^ -~]/g, "?");
}
