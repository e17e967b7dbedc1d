/** The limits by the names that settings, replies and figures have for them. */

/** In the order of the figures. Each is a key of `[limits]`, but for the strangers' part of the total. */
export const LIMIT_NAMES = [
  "connections_total",
  "connections_not_logged_in",
  "connections_per_address",
  "connections_per_minute_per_address",
  "connections_per_slash24",
  "connections_per_minute_per_slash24",
  "connections_per_slash64",
  "connections_per_minute_per_slash64",
  "connections_per_slash48",
  "connections_per_minute_per_slash48",
  "imap_connections_per_account",
  "imap_connections_per_address",
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** A limit is reached: which, and how large it is. */
export interface LimitReached {
  readonly limit: LimitName;
  readonly max: number;
}

/** For the client: what is the matter and what to do. Says nothing of passwords: the credentials may be right. */
export function limitText({ limit, max }: LimitReached): string {
  return `${whatAndWhatToDo(limit)} (${limit} = ${max})`;
}

function whatAndWhatToDo(limit: LimitName): string {
  switch (limit) {
    case "connections_total":
    case "connections_not_logged_in":
      return "The server has as many connections as it takes; try again in a few minutes";
    case "connections_per_address":
      return "Too many connections from your address at once; use fewer, or try again when some have ended";
    case "connections_per_minute_per_address":
      return "Connections from your address come too fast; wait a minute, and send more over each";
    case "connections_per_slash24":
    case "connections_per_slash64":
    case "connections_per_slash48":
      return "Too many connections from your network at once; use fewer, or try again when some have ended";
    case "connections_per_minute_per_slash24":
    case "connections_per_minute_per_slash64":
    case "connections_per_minute_per_slash48":
      return "Connections from your network come too fast; wait a minute, and send more over each";
    case "imap_connections_per_account":
      return "Too many connections of this account; close a mail program, or try again later";
    case "imap_connections_per_address":
      return "Too many users' connections from your address; try again when some have ended";
  }
}
