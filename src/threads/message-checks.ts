/** What a message that is there is asked about, over the resolver and the lists of the thread. */
import type { Settings } from "#config/settings.ts";
import { authenticateMessage } from "#evidence/authentication-results/authenticate-message.ts";
import type { Clock } from "#ports/clock.ts";
import type { Resolver } from "#ports/resolver.ts";
import type { Checks } from "#reception/evidence-gathering.ts";

const SECOND_MS = 1000;

export interface MessageChecksOptions {
  readonly settings: Pick<Settings, "dmarc">;
  readonly resolver: Resolver;
  readonly clock: Clock;
}

export function messageChecks({ settings, resolver, clock }: MessageChecksOptions): Pick<Checks, "authenticate"> {
  const { trustedSealers } = settings.dmarc;
  return {
    authenticate: (message, spf, deadlineMs) => {
      const nowSeconds = Math.floor(clock.now() / SECOND_MS);
      return authenticateMessage(message, { spf, trustedSealers, resolver, deadlineMs, nowSeconds });
    },
  };
}
