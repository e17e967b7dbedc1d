/**
 * A short memory of passwords that were right, for clients that connect every minute. It holds keyed hashes under a key
 * that dies with the process, never a password, and nothing at all about wrong ones.
 */
import { createHmac } from "node:crypto";
import type { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Identity, PasswordAttempt } from "./authenticator.ts";
import { VERIFIED_MAX, VERIFIED_TTL_MS } from "./limits.ts";
import { createMemory } from "./memory.ts";

const KEY_OCTETS = 32;

export class VerifiedPasswords {
  readonly #key: Uint8Array;
  readonly #identities: LRUCache<string, Identity>;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#key = random.bytes(KEY_OCTETS);
    this.#identities = createMemory({ max: VERIFIED_MAX, ttlMs: VERIFIED_TTL_MS, clock });
  }

  /** What an attempt is remembered under: user, password and protocol, each in its place. */
  fingerprint({ username, password, protocol }: PasswordAttempt): string {
    const parts = JSON.stringify([protocol, username.normalize("NFC").toLowerCase(), password.normalize("NFC")]);
    return createHmac("sha256", this.#key).update(parts).digest("base64");
  }

  find(fingerprint: string): Identity | undefined {
    return this.#identities.get(fingerprint);
  }

  remember(fingerprint: string, identity: Identity): void {
    this.#identities.set(fingerprint, identity);
  }

  clear(): void {
    this.#identities.clear();
  }
}
