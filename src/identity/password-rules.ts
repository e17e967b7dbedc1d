/** What a password must not be when it is chosen. Nothing here is asked at a login. */
import { Buffer } from "node:buffer";
import { commonPasswords, commonWords } from "./common-passwords.ts";
import { PASSWORD_CHARACTERS_MIN, PASSWORD_OCTETS_MAX, PASSWORD_OCTETS_MIN } from "./limits.ts";
import { passwordForms } from "./prepare-password.ts";

export type PasswordProblem = "too-short" | "too-long" | "not-text" | "like-the-user-name" | "common";

/** A name shorter than this stands in too many good passwords by chance. */
const NAME_CHARACTERS_MIN = 3;
/** Different characters a password must have. */
const DIFFERENT_CHARACTERS_MIN = 4;
/** Digits alone: below this many they are a date or a telephone number. */
const DIGITS_ALONE_MIN = 14;

/** The first rule that `password` breaks for the account of `address`, or undefined when it may be used. */
export function checkPasswordRules(password: string, address: string): PasswordProblem | undefined {
  if (Buffer.byteLength(password) > PASSWORD_OCTETS_MAX) return "too-long";
  const composed = password.normalize("NFC");
  if (Buffer.byteLength(composed) < PASSWORD_OCTETS_MIN) return "too-short";
  if (Array.from(composed).length < PASSWORD_CHARACTERS_MIN) return "too-short";
  if (passwordForms(password).length === 0) return "not-text";
  const folded = composed.toLowerCase();
  if (isLikeTheName(folded, address.normalize("NFC").toLowerCase())) return "like-the-user-name";
  return isCommon(folded) ? "common" : undefined;
}

function isLikeTheName(password: string, address: string): boolean {
  const localPart = address.slice(0, Math.max(address.lastIndexOf("@"), 0)) || address;
  if (password === localPart) return true;
  return localPart.length >= NAME_CHARACTERS_MIN && password.includes(localPart);
}

function isCommon(password: string): boolean {
  if (new Set(password).size < DIFFERENT_CHARACTERS_MIN) return true;
  if (/^\d+$/.test(password) && password.length < DIGITS_ALONE_MIN) return true;
  if (commonPasswords.has(password) || isRepeated(password)) return true;
  // `Summer2025!`, `P@ssw0rd1`, `!!welcome!!`: a common word stays one with digits and signs around it.
  return [password, withoutDisguise(password)].some((text) => commonWords.has(text.replace(/^[^a-z]+|[^a-z]+$/g, "")));
}

/** One short piece over and over: `abcabcabc`, `test1test1`. */
function isRepeated(password: string): boolean {
  const inside = `${password}${password}`.slice(1, -1);
  const piece = inside.indexOf(password) + 1;
  return piece > 0 && piece < PASSWORD_OCTETS_MIN;
}

const disguises: Readonly<Record<string, string>> = {
  "@": "a",
  4: "a",
  3: "e",
  1: "i",
  "!": "i",
  0: "o",
  $: "s",
  5: "s",
};

function withoutDisguise(password: string): string {
  // What stands behind the last letter is an ending, not a letter in disguise.
  const ending = /[^a-z]*$/.exec(password)?.index ?? password.length;
  return password.slice(0, ending).replace(/[@431!0$5]/g, (sign) => disguises[sign] ?? sign);
}
