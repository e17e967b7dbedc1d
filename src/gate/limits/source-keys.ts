/** What a connection is counted under. */
import type { SourceKey } from "#ports/source-table.ts";
import type { IpAddress } from "../network/ip-address.ts";
import type { LimitName } from "./limit-name.ts";
import type { ConnectionLimitSettings, SourceLimit } from "./settings.ts";

/** Kinds of keys in the shared table. Those of accounts and logged-in addresses are one for each protocol. */
const KINDS = { address: 1, slash24: 2, slash64: 3, slash48: 4, known: 5, account: 16, loggedIn: 32 } as const;

export type Protocol = "smtp" | "submission" | "lmtp" | "imap" | "pop3" | "http";
const PROTOCOLS: readonly Protocol[] = ["smtp", "submission", "lmtp", "imap", "pop3", "http"];

/** One network a client is counted in. */
export interface CountedSource {
  readonly key: SourceKey;
  readonly limit: SourceLimit;
  readonly atOnceName: LimitName;
  readonly perMinuteName: LimitName;
}

/** The client itself and the network around it. One customer has a whole /64 (RFC 6177): it is one client. */
export function countedSources(
  { family, words }: IpAddress,
  settings: ConnectionLimitSettings,
): readonly CountedSource[] {
  if (family === 4) {
    return [
      {
        key: { kind: KINDS.address, high: 0, low: words[0] },
        limit: settings.perAddress,
        atOnceName: "connections_per_address",
        perMinuteName: "connections_per_minute_per_address",
      },
      {
        key: { kind: KINDS.slash24, high: 0, low: words[0] >>> 8 },
        limit: settings.perSlash24,
        atOnceName: "connections_per_slash24",
        perMinuteName: "connections_per_minute_per_slash24",
      },
    ];
  }
  return [
    {
      key: { kind: KINDS.slash64, high: words[0], low: words[1] },
      limit: settings.perSlash64,
      atOnceName: "connections_per_slash64",
      perMinuteName: "connections_per_minute_per_slash64",
    },
    {
      key: { kind: KINDS.slash48, high: words[0], low: words[1] >>> 16 },
      limit: settings.perSlash48,
      atOnceName: "connections_per_slash48",
      perMinuteName: "connections_per_minute_per_slash48",
    },
  ];
}

/** Somebody has logged in from there. */
export function knownKey(address: IpAddress): SourceKey {
  return clientKey(KINDS.known, address);
}

export function loggedInKey(address: IpAddress, protocol: Protocol): SourceKey {
  return clientKey(KINDS.loggedIn + PROTOCOLS.indexOf(protocol), address);
}

export function accountKey(accountId: number, protocol: Protocol): SourceKey {
  const kind = KINDS.account + PROTOCOLS.indexOf(protocol);
  return { kind, high: Math.floor(accountId / 2 ** 32), low: accountId >>> 0 };
}

/** An IPv4 address, or the /64 of an IPv6 address. The family is told by a bit of the kind. */
function clientKey(kind: number, { family, words }: IpAddress): SourceKey {
  return family === 4 ? { kind, high: 0, low: words[0] } : { kind: kind | 0x100, high: words[0], low: words[1] };
}
