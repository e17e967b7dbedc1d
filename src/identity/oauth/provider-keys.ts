/** The keys a provider signs with (RFC 7517): asked for when they are needed, kept for a while, never asked for in a flood. */
import { createLocalJWKSet } from "jose";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { HttpsClient } from "#ports/https-client.ts";
import { type JsonObject, jsonAnswer } from "./json-answer.ts";
import {
  KEYS_ASKED_AGAIN_MS,
  KEYS_FRESH_MS,
  KEYS_KEPT_MS,
  PROVIDER_ANSWER_OCTETS_MAX,
  PROVIDER_KEYS_MAX,
  PROVIDER_TIMEOUT_MS,
} from "./limits.ts";

export type KeyOf = ReturnType<typeof createLocalJWKSet>;

export interface ProviderKeysOptions {
  readonly issuer: string;
  readonly keysUrl: string;
  readonly https: HttpsClient;
  readonly clock: Clock;
}

interface Kept {
  readonly keyOf: KeyOf;
  readonly sinceMs: number;
}

export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  #kept: Kept | undefined;
  #problem: string | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /** The problem is for the log. */
  async current(): Promise<Result<KeyOf, string>> {
    if (this.#ageMs() > KEYS_FRESH_MS) await this.#ask();
    if (this.#kept !== undefined && this.#ageMs() <= KEYS_KEPT_MS) return ok(this.#kept.keyOf);
    return failed(this.#problem ?? "its keys are too old");
  }

  /** A token names a key that is not there. The same keys where there are no newer ones; a problem where nobody can say. */
  async newer(): Promise<Result<KeyOf, string>> {
    await this.#ask();
    if (this.#problem !== undefined || this.#kept === undefined) return failed(this.#problem ?? "it has no keys");
    return ok(this.#kept.keyOf);
  }

  #ageMs(): number {
    return this.#kept === undefined ? Number.POSITIVE_INFINITY : this.#options.clock.monotonicMs() - this.#kept.sinceMs;
  }

  /** One question at a time, and a pause after each, whatever came of it. */
  #ask(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#asking !== undefined) return this.#asking;
    if (nowMs - this.#askedMs < KEYS_ASKED_AGAIN_MS) return Promise.resolve();
    this.#askedMs = nowMs;
    this.#asking = this.#renew(nowMs);
    return this.#asking;
  }

  async #renew(sinceMs: number): Promise<void> {
    const found = await this.#fetch();
    this.#asking = undefined;
    this.#problem = found.ok ? undefined : found.problem;
    if (found.ok) this.#kept = { keyOf: found.value, sinceMs };
  }

  async #fetch(): Promise<Result<KeyOf, string>> {
    const url = await this.#url();
    if (!url.ok) return url;
    const answer = await this.#get(url.value);
    if (!answer.ok) return failed(`keys of ${this.#options.issuer}: ${answer.problem}`);
    const { keys } = answer.value;
    if (!Array.isArray(keys) || keys.length > PROVIDER_KEYS_MAX) {
      return failed(`keys of ${this.#options.issuer}: there is no list of at most ${PROVIDER_KEYS_MAX}`);
    }
    try {
      return ok(createLocalJWKSet({ keys }));
    } catch (error) {
      return failed(`keys of ${this.#options.issuer}: ${String(error)}`);
    }
  }

  /** OpenID Connect Discovery §4.3: a description of another issuer is not believed. */
  async #url(): Promise<Result<string, string>> {
    const { issuer, keysUrl } = this.#options;
    if (keysUrl !== "") return ok(keysUrl);
    const answer = await this.#get(descriptionUrl(issuer));
    if (!answer.ok) return failed(`description of ${issuer}: ${answer.problem}`);
    const { issuer: said, jwks_uri: url } = answer.value;
    if (said !== issuer) return failed(`description of ${issuer}: it is that of another issuer`);
    if (typeof url !== "string" || !isSafe(url, issuer))
      return failed(`description of ${issuer}: no jwks_uri of https`);
    return ok(url);
  }

  async #get(url: string): Promise<Result<JsonObject, string>> {
    const request = { url, timeoutMs: PROVIDER_TIMEOUT_MS, octetsMax: PROVIDER_ANSWER_OCTETS_MAX };
    return jsonAnswer(await this.#options.https.get(request));
  }
}

/** In clear only where the settings say so: to a provider on this machine. */
function isSafe(url: string, issuer: string): boolean {
  const { protocol, origin } = URL.parse(url) ?? {};
  return protocol === "https:" || origin === new URL(issuer).origin;
}

/** OpenID Connect Discovery §4. */
export function descriptionUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}
