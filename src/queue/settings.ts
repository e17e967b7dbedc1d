/** What an operator may change about the queue. */
import type { BounceRule } from "#store/sending-rules.ts";
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
  /** From when on refusals speak against an account; absent: they do not. */
  readonly bounceRule?: BounceRule;
}
