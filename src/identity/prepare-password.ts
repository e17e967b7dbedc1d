/**
 * One password, however a keyboard composed it. Everything that hashes a password takes it through here first.
 */
import { Buffer } from "node:buffer";
import { saslprep } from "@mongodb-js/saslprep";
import { PASSWORD_OCTETS_MAX } from "./limits.ts";

/**
 * The forms under which a password may have been hashed, the one for new hashes first: SASLprep (RFC 4013, which PLAIN
 * and SCRAM ask for) where it applies, and plain NFC, which is all that other software does with a password and all
 * that is left where SASLprep prohibits a character. Mostly they are the same. Empty: not a possible password.
 */
export function passwordForms(password: string): readonly string[] {
  if (password === "" || password.includes("\0") || !password.isWellFormed()) return [];
  if (Buffer.byteLength(password) > PASSWORD_OCTETS_MAX) return [];
  const composed = password.normalize("NFC");
  const prepared = prepare(composed);
  return prepared === undefined || prepared === composed ? [composed] : [prepared, composed];
}

function prepare(text: string): string | undefined {
  try {
    const prepared = saslprep(text, { allowUnassigned: true });
    return prepared === "" ? undefined : prepared;
  } catch {
    return undefined; // A prohibited character, or mixed directions.
  }
}
