/** What an operator may change about the queue, with the defaults. */
import type { Schedule } from "./schedule.ts";

export interface QueueSettings {
  /** Said in reports. */
  readonly hostname: string;
  readonly schedule: Schedule;
  /** Attempts at once, in all. */
  readonly attemptsMax: number;
  /** Attempts at once at one destination, when it takes mail well. */
  readonly attemptsPerDestinationMax: number;
  /** All mail goes to one next hop: its pace is everybody's. */
  readonly oneNextHop: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const queueDefaults: Omit<QueueSettings, "hostname"> = {
  schedule: {
    firstMs: 5 * MINUTE_MS, // most greylists are over then
    longestMs: 4 * HOUR_MS, // RFC 5321 §4.5.4.1
    expiresMs: 5 * 24 * HOUR_MS, // RFC 5321 §4.5.4.1: at least 4 to 5 days
    warnsMs: 4 * HOUR_MS, // somebody who waits for an answer wants to know the same day
  },
  attemptsMax: 200,
  attemptsPerDestinationMax: 20,
  oneNextHop: false,
};
