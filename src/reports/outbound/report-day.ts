/** The days that reports are about: whole ones, UTC (RFC 8460 §4.1, RFC 9990 §3.1.3). */
export const DAY_MS = 24 * 60 * 60 * 1000;

/** `2030-01-31` */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, "2030-01-31".length);
}

/** Its first millisecond. */
export function dayBegin(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** Its first and its last second, since the epoch. */
export function daySeconds(day: string): { readonly begin: number; readonly end: number } {
  const begin = dayBegin(day) / 1000;
  return { begin, end: begin + DAY_MS / 1000 - 1 };
}
