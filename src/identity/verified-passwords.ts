/**
 * A short memory of passwords that were right, for clients that connect every minute. It holds keyed hashes under a key
 * that dies with the process, never a password, and nothing at all about wrong ones.
 */
import { createHmac } from "node:crypto";
import type { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Identity, PasswordAttempt } from "./authenticator.ts";
import { PASSWORD_OCTETS_MAX, USERNAME_CHARACTERS_MAX, VERIFIED_MAX, VERIFIED_TTL_MS } from "./limits.ts";
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
    const parts = JSON.stringify([
      protocol,
      composed(username, USERNAME_CHARACTERS_MAX).toLowerCase(),
      composed(password, PASSWORD_OCTETS_MAX),
    ]);
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

/** In NFC, which takes the square of the marks in a text: of one that is too long to be anybody's not even that is asked. */
function composed(text: string, lengthMax: number): string {
  return text.length > lengthMax ? text : text.normalize("NFC");
}
