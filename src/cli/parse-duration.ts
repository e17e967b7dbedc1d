const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Ten years: a number beyond it is a slip. Milliseconds. */
const LONGEST_MS = 3650 * 86_400_000;

/** `90s`, `10min`, `2h`, `7d`, `2w` and sums such as `1d12h`, in milliseconds; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d{1,9})(s|min|m|h|d|w)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return undefined;
  const ms = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined;
}

/** For whoever typed something else. */
export const DURATION_EXAMPLES = "such as 30m, 2h, 7d or 1d12h";
