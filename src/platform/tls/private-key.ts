import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);
const RSA_BITS = 2048; // as all authorities take, and no client finds slow

/** PKCS #8 in PEM. */
export async function makePrivateKey(keyType: "ecdsa" | "rsa"): Promise<string> {
  const { privateKey } =
    keyType === "rsa"
      ? await generate("rsa", { modulusLength: RSA_BITS })
      : await generate("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}
