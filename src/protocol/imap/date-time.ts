/** Dates of IMAP: `1-Feb-1994` in SEARCH, `" 1-Feb-1994 21:52:25 -0800"` in APPEND and INTERNALDATE (RFC 3501 §9). */
import type { DateTime } from "./command.ts";
import type { Cursor } from "./cursor.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DATE = /(\d{1,2})-([A-Za-z]{3})-(\d{4})/y;
const DATE_TIME = /"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"/y;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** `date`, quoted or not, as days since 1970-01-01. */
export function parseDate(cursor: Cursor): number {
  const quoted = cursor.take('"');
  const [, day = "", month = "", year = ""] = cursor.match(DATE) ?? [];
  if (quoted) cursor.expect('"');
  const ms = dateMs(day, month, year);
  if (ms === undefined) cursor.fail("Expected a date such as 1-Feb-1994");
  return (ms ?? 0) / DAY_MS;
}

/** `date-time`. A leap second counts as the first of the next minute. */
export function parseDateTime(cursor: Cursor): DateTime {
  const found = cursor.match(DATE_TIME);
  const [, day = "", month = "", year = "", hour, minute, second, sign, zoneHour, zoneMinute] = found ?? [];
  const dayMs = dateMs(day.trim(), month, year);
  const valid =
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) <= 60 &&
    Number(zoneHour) < 24 &&
    Number(zoneMinute) < 60;
  if (dayMs === undefined || !valid) {
    cursor.fail('Expected a date and time such as " 1-Feb-1994 21:52:25 -0800"');
    return { ms: 0, zoneMinutes: 0 };
  }
  const zoneMinutes = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  const minutes = Number(hour) * 60 + Number(minute) - zoneMinutes;
  return { ms: dayMs + minutes * MINUTE_MS + Number(second) * 1000, zoneMinutes: zoneMinutes === 0 ? 0 : zoneMinutes };
}

function dateMs(day: string, month: string, year: string): number | undefined {
  const monthIndex = MONTHS.findIndex((name) => name.toLowerCase() === month.toLowerCase());
  const date = new Date(0);
  date.setUTCFullYear(Number(year), monthIndex, Number(day));
  // A day the month does not have moves the date into another one.
  return monthIndex !== -1 && date.getUTCDate() === Number(day) ? date.getTime() : undefined;
}

/** `date-time` without its quotes: `01-Feb-1994 21:52:25 -0800`. */
export function formatDateTime({ ms, zoneMinutes }: DateTime): string {
  const local = new Date(ms + zoneMinutes * MINUTE_MS);
  const day = String(local.getUTCDate()).padStart(2, "0");
  const year = String(local.getUTCFullYear()).padStart(4, "0");
  const time = local.toISOString().slice(-13, -5);
  const zone = Math.abs(zoneMinutes);
  const hours = String(Math.floor(zone / 60)).padStart(2, "0");
  const minutes = String(zone % 60).padStart(2, "0");
  return `${day}-${MONTHS[local.getUTCMonth()]}-${year} ${time} ${zoneMinutes < 0 ? "-" : "+"}${hours}${minutes}`;
}
