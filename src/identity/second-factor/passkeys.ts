/**
 * Passkeys (WebAuthn Level 3): what a browser is asked, and whether its answer is right. Every challenge is made here, for one
 * account and one purpose, and taken once, right or wrong.
 */
import { Buffer } from "node:buffer";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import { PASSKEY_CHALLENGE_MS, PASSKEY_CHALLENGES_MAX } from "../limits.ts";

export interface Passkey {
  /** Base 64 for URLs, as browsers say it. */
  readonly id: string;
  /** COSE key. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Uses, as the authenticator counts them; 0: it does not. */
  readonly counter: number;
  readonly transports: readonly string[];
}

export interface RelyingParty {
  /** Host name that passkeys are bound to. */
  readonly id: string;
  /** `https://` with host and port, as browsers write it. */
  readonly origin: string;
  readonly name: string;
}

type Purpose = "register" | "log-in";
type PasskeyProblem = "no-challenge" | "no-such-passkey" | "wrong-answer";

interface Challenge {
  readonly value: string;
  readonly purpose: Purpose;
  readonly untilMs: number;
}

/** Octets of a challenge: WebAuthn §13.4.3 asks for 16 at least. */
const CHALLENGE_OCTETS = 32;
/** COSE: EdDSA, ES256, RS256 (WebAuthn §5.4). */
const ALGORITHMS = [-8, -7, -257];

export class PasskeyDesk {
  readonly #party: RelyingParty;
  readonly #clock: Pick<Clock, "now">;
  readonly #random: Random;
  /** By account: the last one asked counts. In the order they were made. */
  readonly #challenges = new Map<number, Challenge>();

  constructor(party: RelyingParty, { clock, random }: { readonly clock: Pick<Clock, "now">; readonly random: Random }) {
    this.#party = party;
    this.#clock = clock;
    this.#random = random;
  }

  async askToRegister(account: { readonly id: number; readonly address: string }, known: readonly Passkey[]) {
    const challenge = this.#challenge(account.id, "register");
    return generateRegistrationOptions({
      rpName: this.#party.name,
      rpID: this.#party.id,
      userName: account.address,
      userID: new Uint8Array(Buffer.from(String(account.id))),
      challenge,
      timeout: PASSKEY_CHALLENGE_MS,
      attestationType: "none",
      excludeCredentials: known.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      supportedAlgorithmIDs: ALGORITHMS,
    });
  }

  async register(accountId: number, response: RegistrationResponseJSON): Promise<Result<Passkey, PasskeyProblem>> {
    const expectedChallenge = this.#take(accountId, "register");
    if (expectedChallenge === undefined) return failed("no-challenge");
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response,
        expectedChallenge,
        expectedOrigin: this.#party.origin,
        expectedRPID: this.#party.id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!verified) return failed("wrong-answer");
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
      return ok({ id, publicKey, counter, transports });
    } catch {
      return failed("wrong-answer"); // it throws for whatever does not fit
    }
  }

  async askToLogIn(accountId: number, known: readonly Passkey[]) {
    const challenge = this.#challenge(accountId, "log-in");
    return generateAuthenticationOptions({
      rpID: this.#party.id,
      allowCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
      challenge,
      timeout: PASSKEY_CHALLENGE_MS,
      userVerification: "required",
    });
  }

  /** The passkey as it is now. The store must take its counter only where that goes up, or is 0 before and after. */
  async logIn(
    accountId: number,
    response: AuthenticationResponseJSON,
    known: readonly Passkey[],
  ): Promise<Result<Passkey, PasskeyProblem>> {
    const expectedChallenge = this.#take(accountId, "log-in");
    if (expectedChallenge === undefined) return failed("no-challenge");
    const passkey = known.find(({ id }) => id === response.id);
    if (passkey === undefined) return failed("no-such-passkey");
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response,
        expectedChallenge,
        expectedOrigin: this.#party.origin,
        expectedRPID: this.#party.id,
        credential: { id: passkey.id, publicKey: passkey.publicKey, counter: passkey.counter },
        requireUserVerification: true,
      });
      return verified ? ok({ ...passkey, counter: authenticationInfo.newCounter }) : failed("wrong-answer");
    } catch {
      return failed("wrong-answer");
    }
  }

  #challenge(accountId: number, purpose: Purpose): Uint8Array<ArrayBuffer> {
    const octets = new Uint8Array(this.#random.bytes(CHALLENGE_OCTETS));
    this.#challenges.delete(accountId);
    const [oldest] = this.#challenges.keys();
    if (oldest !== undefined && this.#challenges.size >= PASSKEY_CHALLENGES_MAX) this.#challenges.delete(oldest);
    const value = Buffer.from(octets).toString("base64url");
    this.#challenges.set(accountId, { value, purpose, untilMs: this.#clock.now() + PASSKEY_CHALLENGE_MS });
    return octets;
  }

  #take(accountId: number, purpose: Purpose): string | undefined {
    const challenge = this.#challenges.get(accountId);
    this.#challenges.delete(accountId);
    if (challenge?.purpose !== purpose || challenge.untilMs < this.#clock.now()) return undefined;
    return challenge.value;
  }
}
