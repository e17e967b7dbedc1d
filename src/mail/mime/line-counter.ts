const LF = 0x0a;
/** Lines shorter than this on average are counted faster octet by octet than with one native search each. */
const SEARCH_PAYS_OCTETS = 24;
const LINES_JUDGED = 64;

/** The number of LF in `octets[start, end)`. */
export function countLines(octets: Buffer, start: number, end: number): number {
  let lines = 0;
  let at = start;
  while (at < end) {
    const lf = octets.indexOf(LF, at);
    if (lf === -1 || lf >= end) return lines;
    lines++;
    at = lf + 1;
    if (lines === LINES_JUDGED && at - start < LINES_JUDGED * SEARCH_PAYS_OCTETS) break;
  }
  for (; at < end; at++) {
    if (octets[at] === LF) lines++;
  }
  return lines;
}
