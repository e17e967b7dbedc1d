/**
 * When an account has sent enough, and when it looks as if somebody else had its password. Pure: counts in, a word out. It
 * stands in this room because what it decides is carried out in the same transaction as the message that it counts.
 */

/** Counted apart, always: one message to sixteen people is one message and sixteen recipients. */
export interface Amount {
  readonly messages: number;
  readonly recipients: number;
}

export interface SendingRules {
  /** False: what would be held is told of, and nothing is held or refused. */
  readonly isEnforced: boolean;
  /** 0: no limit. */
  readonly perHour: Amount;
  readonly perDay: Amount;
  /** What anybody may send within `BURST_MINUTES`. */
  readonly burst: Amount;
  /** More than that is no burst either, up to so many times what the account sent before. */
  readonly historyFactor: number;
  /** From a network where the account was never seen: so much of `burst`. */
  readonly newNetworkPercent: number;
}

export interface BounceRule {
  readonly isEnforced: boolean;
  /** More than that part of the recipients was refused for good. */
  readonly percent: number;
  /** Of at least so many that were delivered or refused within a day. */
  readonly recipientsMin: number;
}

export type SendingLimit = "messages_per_hour" | "recipients_per_hour" | "messages_per_day" | "recipients_per_day";
export type SendingTrigger = "burst" | "new-network" | "bounces";

export const MINUTE_MS = 60_000;
export const HOUR_MINUTES = 60;
export const DAY_MINUTES = 24 * HOUR_MINUTES;
/** Spam is sent in minutes; people write to many one after the other. */
export const BURST_MINUTES = 10;
/** What an account did in so many days before today is what it usually does: a monthly newsletter is among it. */
export const HISTORY_DAYS = 35;

/** Which limit the account would be over with `more` as well; undefined: none. */
export function limitReached(
  used: { readonly hour: Amount; readonly day: Amount },
  more: Amount,
  { perHour, perDay }: Pick<SendingRules, "perHour" | "perDay">,
): SendingLimit | undefined {
  if (isOver(used.hour.messages + more.messages, perHour.messages)) return "messages_per_hour";
  if (isOver(used.hour.recipients + more.recipients, perHour.recipients)) return "recipients_per_hour";
  if (isOver(used.day.messages + more.messages, perDay.messages)) return "messages_per_day";
  if (isOver(used.day.recipients + more.recipients, perDay.recipients)) return "recipients_per_day";
  return undefined;
}

function isOver(count: number, max: number): boolean {
  return max > 0 && count > max;
}

export function limitValue(limit: SendingLimit, { perHour, perDay }: Pick<SendingRules, "perHour" | "perDay">): number {
  switch (limit) {
    case "messages_per_hour":
      return perHour.messages;
    case "recipients_per_hour":
      return perHour.recipients;
    case "messages_per_day":
      return perDay.messages;
    case "recipients_per_day":
      return perDay.recipients;
  }
}

export interface SendingMinute extends Amount {
  /** Since the epoch. */
  readonly minute: number;
}

/**
 * When there is room for `more` under the limit. Milliseconds since the epoch; undefined: never, it is over it by itself.
 * @param minutes of the last day, ascending.
 */
export function roomAgainMs(
  limit: SendingLimit,
  more: Amount,
  minutes: readonly SendingMinute[],
  rules: Pick<SendingRules, "perHour" | "perDay">,
  nowMs: number,
): number | undefined {
  const span = limit.endsWith("_per_hour") ? HOUR_MINUTES : DAY_MINUTES;
  const unit = limit.startsWith("messages") ? "messages" : "recipients";
  const now = minuteOf(nowMs);
  const counted = minutes.filter(({ minute }) => minute > now - span);
  const max = limitValue(limit, rules);
  if (more[unit] > max) return undefined;
  let sum = counted.reduce((total, minute) => total + minute[unit], more[unit]);
  if (sum <= max) return nowMs;
  for (const minute of counted) {
    sum -= minute[unit];
    if (sum <= max) return (minute.minute + span) * MINUTE_MS;
  }
  return nowMs;
}

export function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS);
}

export interface RecentSending {
  /** Within `BURST_MINUTES`, this message included. */
  readonly recent: Amount;
  /** Of that, what came from the network that this message comes from. */
  readonly fromHere: Amount;
  /** The most that the account sent within `BURST_MINUTES` on any of the `HISTORY_DAYS` before today. */
  readonly usual: Amount;
  /** Asked where it matters alone: it takes a look-up. */
  readonly isNewNetwork: () => boolean;
}

export function burstTrigger(
  { recent, fromHere, usual, isNewNetwork }: RecentSending,
  { burst, historyFactor, newNetworkPercent }: Pick<SendingRules, "burst" | "historyFactor" | "newNetworkPercent">,
): SendingTrigger | undefined {
  if (exceeds(recent, burst, 1, usual, historyFactor)) return "burst";
  // What it does every month it may do on a journey, too.
  return exceeds(fromHere, burst, newNetworkPercent / 100, usual, 1) && isNewNetwork() ? "new-network" : undefined;
}

function exceeds(sent: Amount, burst: Amount, part: number, usual: Amount, factor: number): boolean {
  return (
    sent.messages > Math.max(burst.messages * part, usual.messages * factor) ||
    sent.recipients > Math.max(burst.recipients * part, usual.recipients * factor)
  );
}

/** Expired mail is on neither side: that a server is down says nothing about who writes to it. */
export function bouncesTrigger(
  { delivered, refused }: { readonly delivered: number; readonly refused: number },
  { percent, recipientsMin }: Pick<BounceRule, "percent" | "recipientsMin">,
): SendingTrigger | undefined {
  const all = delivered + refused;
  return all >= recipientsMin && refused * 100 > all * percent ? "bounces" : undefined;
}
