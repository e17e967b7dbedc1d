/** Which mechanisms may be used on a connection: the one function that every protocol asks, on every listener. */
import type { TlsFacts } from "#ports/connection.ts";
import { NO_SASL, SASL_MECHANISMS, type SaslOffer } from "#protocol/sasl/exchange.ts";
import { credentialChannel, type ListenerProtocol } from "./credential-channel.ts";

export interface MechanismSettings {
  readonly scram: boolean;
  /** For old programs: SHA-1 where nothing better is spoken. */
  readonly scramSha1: boolean;
  /** Tokens of a provider are taken; `tokenScope` is told to clients whose token is refused. */
  readonly tokens: boolean;
  readonly tokenScope: string;
  /** Where clients may read about the provider; empty: nowhere. */
  readonly tokenDescription: string;
}

export function saslOffer(
  { protocol, tls }: { readonly protocol: ListenerProtocol; readonly tls: TlsFacts | undefined },
  settings: MechanismSettings,
): SaslOffer {
  if (credentialChannel({ protocol, tlsEstablished: tls !== undefined }) !== "open") return NO_SASL;
  const { tokenScope, tokenDescription } = settings;
  const channelBinding = tls?.channelBinding;
  const isOffered = (mechanism: string): boolean => {
    if (mechanism.endsWith("-PLUS") && channelBinding === undefined) return false;
    if (mechanism.startsWith("SCRAM-SHA-256")) return settings.scram;
    if (mechanism.startsWith("SCRAM-SHA-1")) return settings.scram && settings.scramSha1;
    if (mechanism === "EXTERNAL") return (tls?.clientAddresses ?? []).length > 0;
    return mechanism === "OAUTHBEARER" || mechanism === "XOAUTH2" ? settings.tokens : true;
  };
  return { mechanisms: SASL_MECHANISMS.filter(isOffered), channelBinding, tokenScope, tokenDescription };
}
