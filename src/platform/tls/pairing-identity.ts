/** The key that a node is known by to those it is paired with: made once, kept as long as the data folder. */
import { createHash, X509Certificate } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, ok, type Result } from "#mail/result.ts";
import { loadKeyPair } from "./key-pair-files.ts";
import { makeSelfSigned } from "./self-signed.ts";
import type { KeyPair } from "./server-tls.ts";

export interface PairingIdentity extends KeyPair {
  /** SHA-256 of the public key, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/** What stands in the certificate: nobody compares it, as the key itself is pinned. */
const NAME = "postern-pair.invalid";

/** Reads it, or makes it where there is none. What is there and cannot be read is never replaced: others know the node by it. */
export async function loadPairingIdentity(directory: string, nowMs: number): Promise<Result<PairingIdentity, string>> {
  const certificatePath = join(directory, "pair.pem");
  const keyPath = join(directory, "pair.key");
  if (!(await exists(keyPath))) {
    const made = await makeSelfSigned([NAME], nowMs);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(certificatePath, made.certificatePem, { mode: 0o600 });
    // Last, so that a key is never without its certificate.
    await writeFile(keyPath, made.keyPem, { mode: 0o600, flush: true });
  }
  const loaded = await loadKeyPair(certificatePath, keyPath);
  if (!loaded.ok) return failed(loaded.problem);
  const { certificatePem, keyPem } = loaded.value;
  return ok({ certificatePem, keyPem, fingerprint: keyFingerprint(new X509Certificate(certificatePem)) });
}

export function keyFingerprint({ publicKey }: X509Certificate): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
