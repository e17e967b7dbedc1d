/** Who looks at the tokens that clients show to one front thread. */
import type { Settings } from "#config/settings.ts";
import type { AuthenticatorDependencies } from "#identity/login-desk.ts";
import { openTokens } from "#identity/oauth/open-tokens.ts";
import { descriptionUrl } from "#identity/oauth/provider-keys.ts";
import type { TokenVerifier } from "#identity/token-verifier.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { FrontGate } from "./front-gate.ts";

/** Nothing where no provider is set up. */
export function tokenLogins(
  { oauth, dns }: Pick<Settings, "oauth" | "dns">,
  around: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly gate: Pick<FrontGate, "alert" | "settled">;
  },
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
    tokens: tellingOfProblems(openTokens(oauth, { ...around, https }), oauth.issuer, around),
    told: { tokenScope: oauth.scope, tokenDescription: descriptionUrl(oauth.issuer) },
  };
}

const PROVIDER_DOWN = "token-provider-down";
/** Between two alerts of one thread about it. Milliseconds. */
const AGAIN_MS = 10 * 60_000;

/** The administrator hears when the provider cannot be asked, and no more when it can. */
export function tellingOfProblems(
  tokens: TokenVerifier,
  issuer: string,
  { clock, gate }: { readonly clock: Clock; readonly gate: Pick<FrontGate, "alert" | "settled"> },
): TokenVerifier {
  let toldMs: number | undefined;
  return {
    async verify(token, isKnown) {
      const finding = await tokens.verify(token, isKnown);
      const nowMs = clock.monotonicMs();
      // Strangers who show many tokens at once do not take the provider down, nor do they prove that it is up.
      if (finding.kind === "unavailable" && finding.isOverload === true) return finding;
      if (finding.kind === "unavailable" && (toldMs === undefined || nowMs - toldMs >= AGAIN_MS)) {
        toldMs = nowMs;
        gate.alert({
          name: PROVIDER_DOWN,
          subject: issuer,
          text: `Tokens cannot be checked, and users who log in with one hear "later": ${finding.why}.`,
          remedy: "Look at the provider, and at [oauth]. Passwords work meanwhile.",
          evidence: [],
        });
      } else if (finding.kind !== "unavailable" && toldMs !== undefined) {
        toldMs = undefined;
        gate.settled(PROVIDER_DOWN, issuer);
      }
      return finding;
    },
  };
}
