/** What is said of certificates as clients see them: looked at over the wire, as a file that is new proves nothing. */

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days before the end at which an administrator is told (and told again). */
const WARN_DAYS = [21, 7, 1] as const;
/** A certificate that lives shorter than so many times the days is renewed later than that: its warnings come later, too. */
const LIFE_MIN = 3;

export interface ServedCertificate {
  /** `127.0.0.1:993` */
  readonly listener: string;
  /** SHA-256 in hexadecimal. */
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** The threshold that was passed last: 21, 7, 1, or 0 for one that has ended; undefined: there is time. */
export function expiryThreshold({ validFromMs, validToMs }: ServedCertificate, nowMs: number): number | undefined {
  if (nowMs >= validToMs) return 0;
  const lifeMs = validToMs - validFromMs;
  return WARN_DAYS.findLast((days) => validToMs - nowMs <= days * DAY_MS && lifeMs >= LIFE_MIN * days * DAY_MS);
}
