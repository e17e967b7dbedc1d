/** Texts and numbers of reports: what strangers wrote, cut to size and free of control characters. */
import { REPORT_COUNT_MAX, REPORT_SECONDS_MAX, REPORT_TEXT_MAX } from "./limits.ts";

export function reportText(text: string | undefined): string {
  // Cut first: what is beyond is not worth looking at.
  return (text ?? "")
    .slice(0, 4 * REPORT_TEXT_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, REPORT_TEXT_MAX);
}

/** Lower-case, without a final dot. */
export function reportDomain(text: string | undefined): string {
  return reportText(text).toLowerCase().replace(/\.$/, "");
}

/** Of an address `local-part@domain`; empty where it has none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf("@");
  return at === -1 ? "" : reportDomain(address.slice(at + 1).replace(/[>\s].*$/, ""));
}

/** Zero for what is no count. */
export function reportCount(value: unknown): number {
  return boundedWhole(value, REPORT_COUNT_MAX) ?? 0;
}

/** Undefined for what is no moment. Some reporters write a fraction. */
export function reportSeconds(value: unknown): number | undefined {
  return boundedWhole(value, REPORT_SECONDS_MAX);
}

function boundedWhole(value: unknown, max: number): number | undefined {
  const isText = typeof value === "string" && /^\s*\d{1,15}(?:\.\d{0,9})?\s*$/.test(value);
  const number = typeof value === "number" ? value : isText ? Number(value) : Number.NaN;
  return number >= 0 && number <= max ? Math.floor(number) : undefined;
}
