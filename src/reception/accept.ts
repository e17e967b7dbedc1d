import { EarlyTalkers } from "#gate/early-talkers.ts";
import type { Accept } from "#ports/connection.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import { networkSet } from "./ip-networks.ts";
import { trustApplies } from "./listener-session.ts";
import { RecipientPolicy } from "./recipient-policy.ts";
import { type ReceptionContext, SmtpReception } from "./smtp-reception.ts";

/** For every listener of one protocol, with STARTTLS or TLS from the start: the connection knows which it is. */
export function createSmtpAccept(dependencies: SmtpDependencies): Accept {
  const { settings, protocol, directory, returns, otherNodes, mayTrust = () => true } = dependencies;
  const { greetUnknownMs, greetKnownMs } = settings.timeouts;
  const isListed = networkSet(settings.relay.trustedNetworks);
  const context: ReceptionContext = {
    ...dependencies,
    earlyTalkers: dependencies.earlyTalkers ?? new EarlyTalkers({ unknownMs: greetUnknownMs, knownMs: greetKnownMs }),
    recipientPolicy: new RecipientPolicy(directory, settings, { returns, otherNodes }),
    isTrusted: trustApplies(protocol, settings) ? (address) => isListed(address) && mayTrust(address) : () => false,
  };
  return (connection) => new SmtpReception(connection, context);
}
