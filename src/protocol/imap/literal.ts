/** How a client announces a literal at the end of a line (RFC 3501 §4.3, RFC 7888, RFC 3516). */

export interface LiteralAnnouncement {
  readonly sizeOctets: number;
  /** The client waits for `+ ` before it sends the octets. */
  readonly synchronizing: boolean;
}

const ANNOUNCEMENT = /\{(\d{1,20})(\+?)\}$/;
const ANNOUNCEMENT_OCTETS_MAX = 24;
const QUOTE_OR_ESCAPE = /"|\\[^]/g;

/** The literal that a line announces, wherever it stands. */
export function announcedLiteral(line: string): LiteralAnnouncement | undefined {
  const [, size, plus] = ANNOUNCEMENT.exec(line.slice(-ANNOUNCEMENT_OCTETS_MAX)) ?? [];
  return size === undefined ? undefined : { sizeOctets: Number(size), synchronizing: plus === "" };
}

/** The same, but undefined where the braces stand inside a quoted string: that ends nowhere, and the line is no command. */
export function literalAtEnd(line: string): LiteralAnnouncement | undefined {
  const literal = announcedLiteral(line);
  return literal === undefined || endsInsideQuotes(line) ? undefined : literal;
}

function endsInsideQuotes(line: string): boolean {
  let inside = false;
  for (const [found] of line.matchAll(QUOTE_OR_ESCAPE)) if (found === '"') inside = !inside;
  return inside;
}
