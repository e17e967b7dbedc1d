/** Password hashes as PHC strings, `$argon2id$…`, made and verified off the main thread. */
import { Buffer } from "node:buffer";
import { hash, verify } from "@node-rs/argon2";
import type { Random } from "#ports/random.ts";
import { isGeneratedPassword } from "./generate-password.ts";
import { GENERATED_PASSWORD_HASH, PASSWORD_HASH, SALT_OCTETS } from "./limits.ts";
import { passwordForms } from "./prepare-password.ts";

/** Hashes a new password. Rejects for what no client could present: empty, with a NUL, over `PASSWORD_OCTETS_MAX`. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  return hashWith(password, random, PASSWORD_HASH);
}

/** Hashes an app password that `generatePassword` made. Rejects for any other: the costs are too low for one a person chose. */
export async function hashGeneratedPassword(password: string, random: Random): Promise<string> {
  if (!isGeneratedPassword(password)) throw new Error("only a generated password is hashed at low cost");
  return hashWith(password, random, GENERATED_PASSWORD_HASH);
}

async function hashWith(
  password: string,
  random: Random,
  costs: typeof PASSWORD_HASH | typeof GENERATED_PASSWORD_HASH,
): Promise<string> {
  const [form] = passwordForms(password);
  if (form === undefined) throw new Error("not a possible password");
  return hash(form, { ...costs, salt: random.bytes(SALT_OCTETS) });
}

/** Is one of `forms` the password behind `phc`? Rejects when the hash cannot be read or run. */
export async function verifyPasswordHash(phc: string, forms: readonly string[]): Promise<boolean> {
  for (const form of forms) {
    if (await verify(phc, form)) return true;
  }
  return false;
}

/** A hash of no password, as costly as a real one: what unknown users are compared with. */
export function unmatchableHash(random: Random): string {
  const { memoryCost, timeCost, parallelism, outputLen } = PASSWORD_HASH;
  const field = (length: number): string => Buffer.from(random.bytes(length)).toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${field(SALT_OCTETS)}$${field(outputLen)}`;
}
