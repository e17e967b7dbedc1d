import type { Random } from "#ports/random.ts";

/** 32 letters and digits that are not taken for one another (Crockford's base 32). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS = 4;
const GROUP_CHARACTERS = 5;
const GENERATED = /^[0-9a-hjkmnp-tv-z]{5}(?:-[0-9a-hjkmnp-tv-z]{5}){3}$/;

/** A password to read out and type: four groups of five characters, 100 bits. */
export function generatePassword(random: Random): string {
  const characters = Array.from(random.bytes(GROUPS * GROUP_CHARACTERS), (octet) => ALPHABET[octet % ALPHABET.length]);
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    characters.slice(group * GROUP_CHARACTERS, (group + 1) * GROUP_CHARACTERS).join(""),
  );
  return groups.join("-");
}

/** Has the shape of one that `generatePassword` made. */
export function isGeneratedPassword(password: string): boolean {
  return GENERATED.test(password);
}
