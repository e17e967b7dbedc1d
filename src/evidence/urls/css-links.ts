/** Addresses in style sheets: `url(…)` and `@import`. */

/** No closing bracket is asked for: with one, each `url(` without it would search the whole rest. */
const CSS_LINK = /(?:url\(\s{0,16}|@import\s{1,16})["']?([^"')\s]{4,2048})/gi;
/** CSS Syntax §4.3.7. */
const ESCAPE = /\\(?:([0-9a-f]{1,6})\s?|([^0-9a-f\n]))/gi;

export function cssLinks(css: string): readonly string[] {
  if (!/url|@import|\\/i.test(css)) return [];
  const plain = css.includes("\\") ? css.replace(ESCAPE, unescaped) : css;
  return [...plain.matchAll(CSS_LINK)].map(([, link = ""]) => link).filter((link) => !link.startsWith("data:"));
}

function unescaped(_: string, hex: string | undefined, character: string | undefined): string {
  if (hex === undefined) return character ?? "";
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}
