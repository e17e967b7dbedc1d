/** What the protocol session of a listener is told: one place, for connections and for the self-test alike. */
import { credentialChannel } from "#identity/credential-channel.ts";
import { NO_SASL, type SaslOffer } from "#protocol/sasl/exchange.ts";
import type { SessionSettings } from "#protocol/smtp/session-settings.ts";
import type { ReceptionSettings } from "./settings.ts";

export type ListenerProtocol = "smtp" | "submission" | "lmtp";

export function listenerSession(
  protocol: ListenerProtocol,
  settings: ReceptionSettings,
  client: { readonly tls: SessionSettings["tls"]; readonly trusted: boolean; readonly sasl?: () => SaslOffer },
): SessionSettings {
  const { limits, hostname } = settings;
  return {
    protocol,
    hostname,
    tls: client.tls,
    credentialChannel: (tlsEstablished) => credentialChannel({ protocol, tlsEstablished }),
    sasl: client.sasl ?? (() => NO_SASL),
    authenticationRequired: protocol === "submission" && !client.trusted,
    messageSizeOctetsMax: limits.messageSizeOctetsMax,
    recipientsMax: limits.recipientsPerTransaction,
    errorsMax: limits.errorsPerSession,
    authenticationFailuresMax: limits.authenticationFailuresPerSession,
    probeRecipients: limits.unknownRecipientsSample,
    probeUnknownMax: Math.ceil((limits.unknownRecipientsSample * limits.unknownRecipientsPercent) / 100),
  };
}

/** Is trust by address given on this listener at all? Never on port 25 unless the operator said so; LMTP has no use for it. */
export function trustApplies(protocol: ListenerProtocol, { relay }: ReceptionSettings): boolean {
  return protocol === "submission" || (protocol === "smtp" && relay.trustedOnMx);
}
