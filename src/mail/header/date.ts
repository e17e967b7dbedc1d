/** Date fields (RFC 5322 §3.3 and §4.3), and what careless senders write instead. */
import { withoutComments } from "./comment.ts";
import { DATE_LENGTH_MAX } from "./limits.ts";

export interface MessageDate {
  /** Milliseconds since the epoch. */
  readonly epochMs: number;
  /** Minutes east of UTC; 0 where the zone is missing or unknown. */
  readonly zoneMinutes: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const TIME = String.raw`(\d{1,2})\s*:\s*(\d{1,2})(?:\s*:\s*(\d{1,2})(?:\.\d+)?)?`;
const USUAL = new RegExp(
  String.raw`^(?:[a-z]+\.?[\s,]+|,)?\s*(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s,-]+(\d{2,4})(?:[\s,]+${TIME}\s*(.*))?$`,
  "i",
);
/** As asctime(3) writes it: `Thu Feb 13 23:32:00 1969`, a zone before or behind the year. */
const ASCTIME = new RegExp(
  String.raw`^(?:[a-z]+[\s,]+)?([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+${TIME}\s+(?:([a-z]{1,5}|[+-]\d{4})\s+)?(\d{4})\s*(.*)$`,
  "i",
);

/** RFC 5322 §4.3. Military letters are read as UTC, as it says. */
const NAMED_ZONES: Readonly<Record<string, number>> = {
  edt: -240,
  est: -300,
  cdt: -300,
  cst: -360,
  mdt: -360,
  mst: -420,
  pdt: -420,
  pst: -480,
  // Not in the RFC, but seen.
  cet: 60,
  cest: 120,
  bst: 60,
  jst: 540,
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The instant a date field names; null where it cannot be read or names no day of the calendar. */
export function parseDate(text: string): MessageDate | null {
  const date = withoutComments(text.slice(0, DATE_LENGTH_MAX)).trim();
  const usual = USUAL.exec(date);
  if (usual !== null) {
    const [, day, month, year, hour, minute, second, zone] = usual;
    return instant({ day, month, year, hour, minute, second }, zone);
  }
  const [all, month, day, hour, minute, second, zone, year, lateZone] = ASCTIME.exec(date) ?? [];
  return all === undefined ? null : instant({ day, month, year, hour, minute, second }, zone ?? lateZone);
}

/**
 * The day a date field names, its time and zone disregarded, in days since 1970-01-01: what SENTBEFORE, SENTON and SENTSINCE
 * compare (RFC 3501 §6.4.4).
 */
export function sentDay(text: string): number | null {
  const date = parseDate(text);
  return date === null ? null : Math.floor((date.epochMs + date.zoneMinutes * MINUTE_MS) / DAY_MS);
}

interface CalendarTexts {
  readonly day: string | undefined;
  readonly month: string | undefined;
  readonly year: string | undefined;
  readonly hour: string | undefined;
  readonly minute: string | undefined;
  readonly second: string | undefined;
}

function instant(texts: CalendarTexts, zone: string | undefined): MessageDate | null {
  const day = Number(texts.day);
  const month = MONTHS.indexOf(texts.month?.toLowerCase() ?? "");
  const year = fullYear(texts.year ?? "");
  const [hour, minute, second] = [texts.hour, texts.minute, texts.second].map((part) => Number(part ?? 0));
  if (month === -1 || hour! > 23 || minute! > 59 || second! > 60) return null;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month, day);
  if (midnight.getUTCDate() !== day) return null;
  const zoneMinutes = zoneOffset(zone ?? "");
  const localMs = midnight.getTime() + ((hour! * 60 + minute!) * 60 + second!) * 1000;
  return { epochMs: localMs - zoneMinutes * MINUTE_MS, zoneMinutes };
}

/** RFC 5322 §4.3: two digits up to 49 are of this century, other short years count from 1900. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 2 && year < 50) return 2000 + year;
  return text.length < 4 ? 1900 + year : year;
}

function zoneOffset(text: string): number {
  const [, sign, hours, minutes] = /^(?:GMT|UTC?)?\s*([+-])(\d{1,2}):?(\d{2})(?!\d)/i.exec(text) ?? [];
  if (sign !== undefined) {
    const offset = Number(hours) * 60 + Number(minutes);
    if (Number(minutes) > 59 || offset >= 24 * 60) return 0;
    return sign === "-" ? -offset : offset;
  }
  const name = /^[a-z]+/i.exec(text)?.[0].toLowerCase() ?? "";
  return Object.hasOwn(NAMED_ZONES, name) ? NAMED_ZONES[name]! : 0;
}
