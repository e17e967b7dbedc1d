/** Each room's share of the settings. No room knows the settings file: what it may be told is said here, in its own terms. */
import { type ImapSettings, imapDefaults } from "#access/imap/settings.ts";
import { type Pop3Settings, pop3Defaults } from "#access/pop3/settings.ts";
import type { Settings } from "#config/settings.ts";
import type { ConnectionLimitSettings } from "#gate/limits/settings.ts";
import type { DirectorySettings } from "#identity/store-directory.ts";
import type { QueueSettings } from "#queue/settings.ts";
import type { RelaySelfTestSettings } from "#reception/relay-self-test.ts";
import { type ReceptionSettings, receptionDefaults } from "#reception/settings.ts";
import { bounceRule } from "./sending-settings.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function directorySettings({ domains, admin }: Settings): DirectorySettings {
  return {
    domains: domains.map(({ name, role, plusAddressSeparator }) => ({
      name,
      role,
      plusSeparator: plusAddressSeparator,
    })),
    admin,
    catchAll: Object.fromEntries(
      domains.filter(({ catchAll }) => catchAll !== "").map(({ name, catchAll }) => [name, catchAll]),
    ),
  };
}

export function receptionSettings({ hostname, limits, rules, relay, delivery }: Settings): ReceptionSettings {
  return {
    hostname,
    limits: {
      ...receptionDefaults.limits,
      messageSizeOctetsMax: limits.messageSizeOctetsMax,
      recipientsPerTransaction: limits.recipientsPerTransaction,
      unknownRecipientsSample: limits.unknownRecipientsSample,
      unknownRecipientsPercent: limits.unknownRecipientsPercent,
      errorsPerSession: limits.errorsPerSession,
      receivedFieldsMax: limits.receivedFieldsMax,
    },
    timeouts: {
      ...receptionDefaults.timeouts,
      beforeLoginMs: limits.preAuthenticationTimeoutMs,
      commandMs: limits.commandTimeoutMs,
      commandUnderLoadMs: limits.commandTimeoutUnderLoadMs,
      commandTotalMs: limits.commandTotalTimeoutMs,
      sessionMs: limits.sessionTotalTimeoutMs,
      dataOctetsPerSecondMin: limits.dataOctetsPerSecondMin,
    },
    earlyTalker: rules.earlyTalker,
    ownNameHelo: rules.helo,
    relay: { ...receptionDefaults.relay, trustedNetworks: relay.trustedNetworks },
    outbound: delivery.hold ? "held" : delivery.outbound ? "sent" : "off",
  };
}

export function imapSettings({ limits }: Settings): ImapSettings {
  return {
    ...imapDefaults,
    preAuthTimeoutMs: limits.preAuthenticationTimeoutMs,
    messageSizeOctetsMax: limits.messageSizeOctetsMax,
  };
}

/** @param machineAddresses this machine's; those of PROXY peers stand beside them: many clients are behind either. */
export function connectionLimitSettings(
  { limits, listeners }: Settings,
  machineAddresses: readonly string[],
): ConnectionLimitSettings {
  return {
    connectionsTotal: limits.connectionsTotal,
    reservedAuthenticatedPercent: limits.connectionsReservedAuthenticatedPercent,
    reservedAdminPercent: limits.connectionsReservedAdminPercent,
    perAddress: { atOnce: limits.connectionsPerAddress, perMinute: limits.connectionsPerMinutePerAddress },
    perSlash24: { atOnce: limits.connectionsPerSlash24, perMinute: limits.connectionsPerMinutePerSlash24 },
    perSlash64: { atOnce: limits.connectionsPerSlash64, perMinute: limits.connectionsPerMinutePerSlash64 },
    perSlash48: { atOnce: limits.connectionsPerSlash48, perMinute: limits.connectionsPerMinutePerSlash48 },
    loggedInPerAccount: limits.imapConnectionsPerAccount,
    loggedInPerAddress: limits.imapConnectionsPerAddress,
    ownAddresses: [...machineAddresses, ...listeners.flatMap(({ proxyFrom }) => proxyFrom)],
  };
}

/** Does mail go to other servers at all? */
export function mayLeave({ delivery }: Pick<Settings, "delivery">): boolean {
  return delivery.outbound && !delivery.hold;
}

export function queueSettings(settings: Settings): QueueSettings {
  const { hostname, queue, delivery, routes } = settings;
  return {
    hostname,
    schedule: {
      firstMs: queue.retryFirstMinutes * MINUTE_MS,
      longestMs: Math.max(queue.retryFirstMinutes, queue.retryLongestMinutes) * MINUTE_MS,
      expiresMs: queue.expiresHours * HOUR_MS,
      warnsMs: queue.warnsHours * HOUR_MS,
    },
    attemptsMax: queue.attempts,
    attemptsPerDestinationMax: queue.attemptsPerDestination,
    oneNextHop: delivery.relayHost !== "" && routes.length === 0,
    ...bounceRule(settings),
  };
}

export function pop3Settings({ hostname, limits }: Settings): Pop3Settings {
  return { ...pop3Defaults, hostname, preAuthTimeoutMs: limits.preAuthenticationTimeoutMs };
}

export function relaySelfTestSettings(settings: Settings): RelaySelfTestSettings {
  return { reception: receptionSettings(settings), domains: settings.domains };
}
