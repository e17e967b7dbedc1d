/** Whom a token that its provider vouches for lets in. */
import type { TokenFinding } from "../token-verifier.ts";
import type { JsonObject } from "./json-answer.ts";
import type { OauthSettings } from "./settings.ts";

type Rules = Pick<OauthSettings, "scope" | "accountClaim">;

export function judgeClaims(claims: JsonObject, { scope, accountClaim }: Rules): TokenFinding {
  const lacking = wordsOf(scope).filter((word) => !scopesOf(claims).includes(word));
  if (lacking.length > 0) return invalid("insufficient-scope", `it lacks the scope ${lacking.join(" ")}`);
  const address = claims[accountClaim];
  if (typeof address !== "string" || address === "") return invalid("not-for-us", `it has no ${accountClaim}`);
  // OpenID Connect Core §5.1: anybody may write an address that was never proven to be his.
  if (accountClaim === "email" && "email_verified" in claims && !isTrue(claims["email_verified"])) {
    return invalid("not-for-us", "its address is not verified");
  }
  return { kind: "valid", address };
}

/** RFC 8693 §4.2: words in one text; Microsoft's `scp` is the same, and others send a list. */
function scopesOf(claims: JsonObject): readonly string[] {
  return [claims["scope"], claims["scp"]].flatMap((value) => {
    if (typeof value === "string") return wordsOf(value);
    return Array.isArray(value) ? value.filter((word) => typeof word === "string") : [];
  });
}

function wordsOf(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}

function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

export function invalid(reason: Extract<TokenFinding, { kind: "invalid" }>["reason"], why: string): TokenFinding {
  return { kind: "invalid", reason, why };
}
