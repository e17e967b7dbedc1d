/**
 * Passkeys (WebAuthn Level 3): what a browser is asked, and whether its answer is right. That a challenge is one of ours and is
 * taken once, and that a counter goes up, is seen to in `passkey-desk.ts`.
 */
import { Buffer } from "node:buffer";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject, decodeClientDataJSON } from "@simplewebauthn/server/helpers";
import type { NewPasskey, PasskeyRow } from "#store/passkey-store.ts";
import type { Account } from "#store/store.ts";
import { PASSKEY_CHALLENGE_MS, PASSKEY_ID_CHARACTERS_MAX } from "../limits.ts";

export interface RelyingParty {
  /** Host name that passkeys are bound to. */
  readonly id: string;
  /** Where the page is: `https://` with host and port, as browsers write it. */
  readonly origins: readonly string[];
}

/** COSE: EdDSA, ES256, RS256 (WebAuthn §5.4). */
const ALGORITHMS = [-8, -7, -257];

/** What a browser is asked for a new passkey. It finds it without a name later, and asks for a PIN, a finger or a face each time. */
export function registrationQuestion(
  party: RelyingParty,
  account: Pick<Account, "id" | "address">,
  { challenge, known }: { readonly challenge: Uint8Array<ArrayBuffer>; readonly known: readonly PasskeyRow[] },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: party.id,
    rpID: party.id,
    userName: account.address,
    userID: new Uint8Array(Buffer.from(String(account.id))),
    challenge,
    timeout: PASSKEY_CHALLENGE_MS,
    attestationType: "none",
    excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

export function loginQuestion(
  party: RelyingParty,
  { challenge, known }: { readonly challenge: Uint8Array<ArrayBuffer>; readonly known: readonly PasskeyRow[] },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: party.id,
    allowCredentials: known.map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
    challenge,
    timeout: PASSKEY_CHALLENGE_MS,
    userVerification: "required",
  });
}

/** Which challenge an answer is to, as its browser says; undefined: it says none. */
export function challengeIn({ response }: RegistrationResponseJSON | AuthenticationResponseJSON): string | undefined {
  try {
    const { challenge } = decodeClientDataJSON(response.clientDataJSON) as { readonly challenge?: unknown };
    return typeof challenge === "string" ? challenge : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined: the answer is not right. @param challenge that it must be to. */
export async function checkRegistration(
  party: RelyingParty,
  response: RegistrationResponseJSON,
  challenge: string,
): Promise<NewPasskey | undefined> {
  try {
    if (!isPlain(response)) return undefined;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return undefined;
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
    // WebAuthn §7.1, step 25.
    if (id.length > PASSKEY_ID_CHARACTERS_MAX) return undefined;
    return { credentialId: id, publicKey, counter, transports, isBackedUp: registrationInfo.credentialBackedUp };
  } catch {
    return undefined; // it throws for whatever does not fit
  }
}

/** Undefined: the answer is not right. The store takes the counter only where it went up. @param challenge as above. */
export async function checkLogin(
  party: RelyingParty,
  { response, challenge }: { readonly response: AuthenticationResponseJSON; readonly challenge: string },
  passkey: PasskeyRow,
): Promise<{ readonly counter: number; readonly isBackedUp: boolean } | undefined> {
  const { userHandle } = response.response;
  // WebAuthn §7.2, step 6.
  if (userHandle !== undefined && Buffer.from(userHandle, "base64url").toString() !== String(passkey.accountId)) {
    return undefined;
  }
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      // Without its counter, which is compared where it is kept: two answers at the same time must not both go by the same one.
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
      requireUserVerification: true,
    });
    const { newCounter: counter, credentialBackedUp: isBackedUp } = authenticationInfo;
    return verified ? { counter, isBackedUp } : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody was asked for a certificate of the device: where one comes all the same, nobody reads it, or asks its issuer. */
function isPlain({ response }: RegistrationResponseJSON): boolean {
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, "base64url")));
  const format = attestation.get("fmt");
  // A device's signature by the new key itself (WebAuthn §5.1.3: browsers let it through).
  return format === "none" || (format === "packed" && attestation.get("attStmt").get("x5c") === undefined);
}
