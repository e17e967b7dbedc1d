/** Which of the open multiparts a line belongs to (RFC 2046 §5.1.1, §5.1.2). */

/** An open multipart, as far as its boundary is concerned. */
export interface Delimited {
  readonly boundary: Uint8Array | undefined;
  /** The closing delimiter has been seen; what follows is the epilogue. */
  readonly closed: boolean;
}

export interface DelimiterMatch {
  /** Position of the multipart in the stack. */
  readonly index: number;
  readonly closing: boolean;
}

const DASH = 0x2d;

/**
 * Finds the multipart whose delimiter stands in `line[start, end)`, line end not included; the line begins with two dashes.
 *
 * It is enough that the line begins with the boundary (§5.1.1), and of several that fit the longest counts: one boundary
 * may be the beginning of another. Of equal ones the innermost that is still open counts. A multipart that was closed
 * keeps its claim on its longer boundary, so that a second closing line is not taken for a part of the outer one.
 */
export function matchDelimiter(
  open: readonly Delimited[],
  line: Uint8Array,
  start: number,
  end: number,
): DelimiterMatch | undefined {
  let best = -1;
  let bestLength = 0;
  let bestClosed = true;
  for (let index = open.length - 1; index >= 0; index--) {
    const { boundary, closed } = open[index]!;
    if (boundary === undefined || boundary.length < bestLength) continue;
    if (boundary.length === bestLength && (closed || !bestClosed)) continue;
    if (!startsWith(line, start + 2, end, boundary)) continue;
    best = index;
    bestLength = boundary.length;
    bestClosed = closed;
  }
  if (best === -1 || bestClosed) return undefined;
  const after = start + 2 + bestLength;
  return { index: best, closing: after + 1 < end && line[after] === DASH && line[after + 1] === DASH };
}

function startsWith(line: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start < wanted.length) return false;
  for (let at = 0; at < wanted.length; at++) {
    if (line[start + at] !== wanted[at]) return false;
  }
  return true;
}
