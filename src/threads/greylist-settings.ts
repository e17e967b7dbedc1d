import type { Settings } from "#config/settings.ts";
import type { GreylistSettings } from "#evidence/greylist/settings.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function greylistSettings({ greylist }: Pick<Settings, "greylist">): GreylistSettings {
  const { delayMinutes, windowHours, memoryDays } = greylist;
  return { delayMs: delayMinutes * MINUTE_MS, windowMs: windowHours * HOUR_MS, memoryMs: memoryDays * DAY_MS };
}
