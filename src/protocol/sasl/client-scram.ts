/** SCRAM-SHA-256 (RFC 5802, RFC 7677) as the client, without channel binding. */
import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import type { SaslClient, SaslCredentials } from "./client-exchange.ts";
import { SCRAM_ITERATIONS_MAX } from "./limits.ts";

const HASH = "sha256";
const HASH_OCTETS = 32;
/** No channel binding, no other identity. */
const GS2_HEADER = "n,,";

export function startScramClient({ username, password, nonce }: SaslCredentials): SaslClient {
  const clientFirst = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  let phase: "first" | "final" | "verified" = "first";
  let serverSignature: Uint8Array = Buffer.alloc(0);
  return {
    mechanism: "SCRAM-SHA-256",
    initialResponse: Buffer.from(GS2_HEADER + clientFirst),
    respond(challenge) {
      const text = Buffer.from(challenge).toString("utf8");
      if (phase === "first") {
        const answer = clientFinal(text, { clientFirst, nonce, password });
        if (answer === undefined) return undefined;
        phase = "final";
        serverSignature = answer.serverSignature;
        return Buffer.from(answer.text);
      }
      const [, signature = ""] = /^v=([A-Za-z0-9+/=]+)/.exec(text) ?? [];
      if (phase !== "final" || !isSame(Buffer.from(signature, "base64"), serverSignature)) return undefined;
      phase = "verified";
      return Buffer.alloc(0);
    },
    mayBelieveSuccess: () => phase === "verified",
  };
}

function clientFinal(
  serverFirst: string,
  { clientFirst, nonce, password }: { readonly clientFirst: string; readonly nonce: string; readonly password: string },
): { readonly text: string; readonly serverSignature: Uint8Array } | undefined {
  const [, wholeNonce = "", salt = "", count = ""] =
    /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([0-9]{1,7})(?:,.*)?$/.exec(serverFirst) ?? [];
  const iterations = Number(count);
  if (!wholeNonce.startsWith(nonce) || wholeNonce === nonce) return undefined;
  if (iterations < 1 || iterations > SCRAM_ITERATIONS_MAX) return undefined;
  const salted = pbkdf2Sync(password.normalize("NFKC"), Buffer.from(salt, "base64"), iterations, HASH_OCTETS, HASH);
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=${Buffer.from(GS2_HEADER).toString("base64")},r=${wholeNonce}`;
  const authMessage = `${clientFirst},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash(HASH).update(clientKey).digest(), authMessage);
  const proof = clientKey.map((octet, i) => octet ^ (signature[i] ?? 0));
  return {
    text: `${withoutProof},p=${Buffer.from(proof).toString("base64")}`,
    serverSignature: hmac(hmac(salted, "Server Key"), authMessage),
  };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac(HASH, key).update(text).digest();
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
