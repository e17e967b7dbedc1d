/** Tokens that only their provider can read: it is asked about each (RFC 7662). */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import type { HttpsPoster } from "#ports/https-client.ts";
import { createMemory } from "../memory.ts";
import type { TokenFinding, TokenVerifier } from "../token-verifier.ts";
import { type JsonObject, jsonAnswer } from "./json-answer.ts";
import { invalid, judgeClaims } from "./judge-claims.ts";
import {
  INTROSPECTION_BELIEVED_MS,
  INTROSPECTIONS_AT_ONCE_MAX,
  INTROSPECTIONS_REMEMBERED_MAX,
  PROVIDER_ANSWER_OCTETS_MAX,
  PROVIDER_TIMEOUT_MS,
  STRANGERS_INTROSPECTIONS_AT_ONCE_MAX,
} from "./limits.ts";
import type { OauthSettings } from "./settings.ts";

type Valid = Extract<TokenFinding, { kind: "valid" }>;

export class IntrospectedTokens implements TokenVerifier {
  readonly #settings: OauthSettings;
  readonly #clock: Clock;
  readonly #https: HttpsPoster;
  readonly #good: LRUCache<string, { readonly finding: Valid; readonly untilMs: number }>;
  readonly #open = new Map<string, Promise<TokenFinding>>();

  constructor(settings: OauthSettings, { clock, https }: { readonly clock: Clock; readonly https: HttpsPoster }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#https = https;
    this.#good = createMemory({ max: INTROSPECTIONS_REMEMBERED_MAX, ttlMs: INTROSPECTION_BELIEVED_MS, clock });
  }

  verify(token: string, isKnown = false): Promise<TokenFinding> {
    const hash = createHash("sha256").update(token).digest("base64");
    const known = this.#good.get(hash);
    if (known !== undefined && this.#clock.now() < known.untilMs) return Promise.resolve(known.finding);
    const open = this.#open.get(hash);
    if (open !== undefined) return open;
    if (this.#open.size >= (isKnown ? INTROSPECTIONS_AT_ONCE_MAX : STRANGERS_INTROSPECTIONS_AT_ONCE_MAX)) {
      const why = `${this.#open.size} tokens are being asked about`;
      return Promise.resolve({ kind: "unavailable", why, isOverload: true });
    }
    const asked = this.#ask(token, hash).finally(() => this.#open.delete(hash));
    this.#open.set(hash, asked);
    return asked;
  }

  async #ask(token: string, hash: string): Promise<TokenFinding> {
    const { introspectionUrl: url, clientId, clientSecret } = this.#settings;
    const page = await this.#https.post({
      url,
      // RFC 6749 appendix B.
      mediaType: "application/x-www-form-urlencoded",
      octets: Buffer.from(new URLSearchParams({ token, token_type_hint: "access_token" }).toString()),
      accept: "application/json",
      authorization: basic(clientId, clientSecret),
      timeoutMs: PROVIDER_TIMEOUT_MS,
      octetsMax: PROVIDER_ANSWER_OCTETS_MAX,
    });
    const answer = jsonAnswer(page);
    if (!answer.ok) return { kind: "unavailable", why: `introspection: ${answer.problem}` };
    const finding = this.#judge(answer.value);
    const { exp } = answer.value;
    const untilMs = typeof exp === "number" ? this.#latestMs(exp) : Number.POSITIVE_INFINITY;
    if (finding.kind === "valid") this.#good.set(hash, { finding, untilMs });
    return finding;
  }

  /** RFC 7662 §2.2: all but `active` may be left out. */
  #judge(answer: JsonObject): TokenFinding {
    const { issuer, audiences, clockSkewSeconds } = this.#settings;
    const { active, exp, nbf, iss, aud } = answer;
    // Over or never made: the provider does not say which.
    if (active !== true) return invalid("unknown", "the provider does not know it");
    const nowMs = this.#clock.now();
    if (exp !== undefined && !(typeof exp === "number" && nowMs < this.#latestMs(exp))) {
      return invalid("not-for-us", "its time is over");
    }
    if (nbf !== undefined && !(typeof nbf === "number" && nowMs >= (nbf - clockSkewSeconds) * 1000)) {
      return invalid("not-for-us", "its time has not come");
    }
    if (iss !== undefined && iss !== issuer) return invalid("not-for-us", "its iss is not right");
    const meant = Array.isArray(aud) ? aud : [aud];
    if (audiences.length > 0 && !audiences.some((audience) => meant.includes(audience))) {
      return invalid("not-for-us", "its aud is not right");
    }
    return judgeClaims(answer, this.#settings);
  }

  #latestMs(exp: number): number {
    return (exp + this.#settings.clockSkewSeconds) * 1000;
  }
}

/** RFC 6749 §2.3.1: both are written as in a form first. */
function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) => new URLSearchParams({ "": text }).toString().slice(1));
  return `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
}
