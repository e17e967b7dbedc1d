/** Keys of a password for SCRAM, and the salt that clients of a name are told. */
import { createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { SCRAM_HASH_OCTETS, type ScramHash, scramKeysOf } from "#protocol/sasl/scram-keys.ts";
import type { ScramKeyRow } from "#store/scram-key-row.ts";
import { SALT_OCTETS, SCRAM_ITERATIONS } from "./limits.ts";
import { passwordForms } from "./prepare-password.ts";

const stretch = promisify(pbkdf2);

/**
 * The salt of a name, whether it is an account's or nobody's: made with a secret of this server, so that one kind looks
 * like the other, today and in a year. All passwords of an account share it, and one proof can be held against each.
 * @param name canonical address, or what was typed.
 */
export function scramSalt(secret: Uint8Array, name: string): Uint8Array {
  return createHmac("sha256", secret).update(name.normalize("NFC").toLowerCase()).digest().subarray(0, SALT_OCTETS);
}

/** Off the main thread: about 30 ms a hash. Empty for what is no possible password. */
export async function deriveScramKeys(
  password: string,
  {
    credentialId,
    salt,
    hashes,
  }: Pick<ScramKeyRow, "credentialId" | "salt"> & { readonly hashes: readonly ScramHash[] },
): Promise<readonly ScramKeyRow[]> {
  // RFC 5802 §2.2: SASLprep, as the client does; the forms are those, the one for new hashes first.
  const [form] = passwordForms(password);
  if (form === undefined) return [];
  const rows: ScramKeyRow[] = [];
  for (const hash of hashes) {
    const salted = await stretch(form, salt, SCRAM_ITERATIONS, SCRAM_HASH_OCTETS[hash], hash);
    rows.push({ credentialId, hash, salt, iterations: SCRAM_ITERATIONS, ...scramKeysOf(salted, hash) });
  }
  return rows;
}

/** The hashes that keys are kept for. */
export function scramHashes({
  scram,
  scramSha1,
}: {
  readonly scram: boolean;
  readonly scramSha1: boolean;
}): readonly ScramHash[] {
  if (!scram) return [];
  return scramSha1 ? ["sha256", "sha1"] : ["sha256"];
}
