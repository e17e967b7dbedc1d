import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, ok, type Result } from "#mail/result.ts";
import { writeSecretFile } from "../secret-file.ts";
import { makeSelfSigned } from "./self-signed.ts";
import { namesOf } from "./served-certificate.ts";
import { type KeyPair, secureContext } from "./server-tls.ts";

/** Where the key pair stands: clients are given `certificatePath` as what to trust when it is self-signed. */
export interface LoadedKeyPair extends KeyPair {
  readonly certificatePath: string;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** Of subjectAltName. */
  readonly names: readonly string[];
  readonly keyType: string;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** Reads and proves a pair. The problem is one line that says what to do. */
export async function loadKeyPair(certificatePath: string, keyPath: string): Promise<Result<LoadedKeyPair, string>> {
  const certificatePem = await readText(certificatePath);
  if (!certificatePem.ok) return failed(`${certificatePem.problem}; set [tls] certificate to a PEM file`);
  const keyPem = await readText(keyPath);
  if (!keyPem.ok) return failed(`${keyPem.problem}; set [tls] key to the PEM file of its private key`);
  const pair = { certificatePem: certificatePem.value, keyPem: keyPem.value };
  try {
    secureContext(pair);
    return ok({ ...pair, certificatePath, ...factsOf(new X509Certificate(pair.certificatePem)) });
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return failed(
      `certificate ${certificatePath} and key ${keyPath} cannot be used together (${cause}); both must be PEM and belong to each other`,
    );
  }
}

function factsOf(certificate: X509Certificate): Omit<LoadedKeyPair, keyof KeyPair | "certificatePath"> {
  return {
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    names: namesOf(certificate.subjectAltName),
    keyType: certificate.publicKey.asymmetricKeyType ?? "unknown",
    fingerprint: certificate.fingerprint256,
  };
}

/** One that is made by ourselves is made anew so long before its end. Milliseconds. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** The pair in `directory`, made at the first start. One that ends soon is made anew. */
export async function loadOrMakeSelfSigned(
  directory: string,
  names: readonly [string, ...string[]],
  nowMs: number,
): Promise<Result<LoadedKeyPair, string>> {
  const certificatePath = join(directory, "self-signed.pem");
  const keyPath = join(directory, "self-signed.key");
  const present = await loadKeyPair(certificatePath, keyPath);
  if (present.ok && present.value.validToMs - RENEW_BEFORE_MS > nowMs) return present;
  const made = await makeSelfSigned(names, nowMs);
  await writeSecretFile(keyPath, made.keyPem);
  await writeFile(certificatePath, made.certificatePem, { mode: 0o644 });
  return loadKeyPair(certificatePath, keyPath);
}

async function readText(path: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(path, "utf8"));
  } catch (error) {
    const { code = "error" } = error as NodeJS.ErrnoException;
    const cause = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    return failed(`${path} ${cause}`);
  }
}
