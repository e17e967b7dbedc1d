/** Who looks at the tokens that clients show to one front thread. */
import type { Settings } from "#config/settings.ts";
import type { AuthenticatorDependencies } from "#identity/login-desk.ts";
import { openTokens } from "#identity/oauth/open-tokens.ts";
import { descriptionUrl } from "#identity/oauth/provider-keys.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";

/** Nothing where no provider is set up. */
export function tokenLogins(
  { oauth, dns }: Pick<Settings, "oauth" | "dns">,
  around: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Pick<AuthenticatorDependencies, "tokens"> & { readonly told: { tokenScope?: string; tokenDescription?: string } } {
  if (oauth === undefined) return { told: {} };
  const resolver = createDnsClient({ ...dns, ...around });
  const { authoritiesPem } = oauth;
  const https = createHttpsClient({
    resolver,
    clock: around.clock,
    ...(authoritiesPem === undefined ? {} : { authoritiesPem }),
  });
  return {
    tokens: openTokens(oauth, { ...around, https }),
    told: { tokenScope: oauth.scope, tokenDescription: descriptionUrl(oauth.issuer) },
  };
}
