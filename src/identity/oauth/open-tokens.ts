import type { Clock } from "#ports/clock.ts";
import type { HttpsClient, HttpsPoster } from "#ports/https-client.ts";
import type { TokenVerifier } from "../token-verifier.ts";
import { IntrospectedTokens } from "./introspected-tokens.ts";
import type { OauthSettings } from "./settings.ts";
import { SignedTokens } from "./signed-tokens.ts";

/** Who looks at tokens, by these settings. */
export function openTokens(
  settings: OauthSettings,
  around: { readonly clock: Clock; readonly https: HttpsClient & HttpsPoster },
): TokenVerifier {
  return settings.introspectionUrl === ""
    ? new SignedTokens(settings, around)
    : new IntrospectedTokens(settings, around);
}
