/** A field that signs others: its text, and the signature put at its end (RFC 6376 §3.5, RFC 8463 §3, RFC 8617 §4.1). */
import type { Buffer } from "node:buffer";
import { createHash, sign as signNow } from "node:crypto";
import { promisify } from "node:util";
import { FIELD_LINE_LENGTH, SIGNATURE_LINE_LENGTH } from "./limits.ts";
import type { SigningKey } from "./signing-key.ts";

const sign = promisify(signNow);

/**
 * The field up to its empty `b=`. White space means nothing between tags, nor between the names of `h=`.
 * @param tags without `b=`.
 */
export function unsignedField(name: string, tags: readonly string[]): string {
  let text = `${name}:`;
  let column = text.length;
  const put = (word: string, blank: string): void => {
    const breaks = column + blank.length + word.length > FIELD_LINE_LENGTH;
    text += breaks ? `\r\n\t${word}` : blank + word;
    column = breaks ? 1 + word.length : column + blank.length + word.length;
  };
  for (const tag of tags) {
    for (const [part, word] of `${tag};`.split(/(?<=:)/).entries()) put(word, part === 0 ? " " : "");
  }
  put("b=", " ");
  return text;
}

/** @param data what is signed, the field itself with its empty `b=` at the end. With CRLF. */
export async function signedField(unsigned: string, key: SigningKey, data: Buffer): Promise<string> {
  const signature = await signatureOf(key, data);
  let text = unsigned;
  for (let at = 0; at < signature.length; at += SIGNATURE_LINE_LENGTH) {
    text += `\r\n\t${signature.slice(at, at + SIGNATURE_LINE_LENGTH)}`;
  }
  return `${text}\r\n`;
}

async function signatureOf({ algorithm, privateKey }: SigningKey, data: Buffer): Promise<string> {
  // RFC 8463 §3: what Ed25519 signs is the hash.
  if (algorithm === "ed25519-sha256") {
    return (await sign(null, createHash("sha256").update(data).digest(), privateKey)).toString("base64");
  }
  return (await sign("sha256", data, privateKey)).toString("base64");
}
