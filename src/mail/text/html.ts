/** HTML as a person would read it, roughly: for search and previews only. What is safe to show or link is not decided here. */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ensp: " ",
  emsp: " ",
  thinsp: " ",
  shy: "",
  zwnj: "",
  zwj: "",
  auml: "ä",
  ouml: "ö",
  uuml: "ü",
  Auml: "Ä",
  Ouml: "Ö",
  Uuml: "Ü",
  szlig: "ß",
  agrave: "à",
  aacute: "á",
  acirc: "â",
  atilde: "ã",
  aring: "å",
  Aring: "Å",
  aelig: "æ",
  AElig: "Æ",
  ccedil: "ç",
  Ccedil: "Ç",
  egrave: "è",
  eacute: "é",
  Eacute: "É",
  ecirc: "ê",
  euml: "ë",
  igrave: "ì",
  iacute: "í",
  icirc: "î",
  iuml: "ï",
  ntilde: "ñ",
  Ntilde: "Ñ",
  ograve: "ò",
  oacute: "ó",
  ocirc: "ô",
  otilde: "õ",
  oslash: "ø",
  Oslash: "Ø",
  ugrave: "ù",
  uacute: "ú",
  ucirc: "û",
  yacute: "ý",
  copy: "©",
  reg: "®",
  trade: "™",
  euro: "€",
  pound: "£",
  cent: "¢",
  yen: "¥",
  sect: "§",
  deg: "°",
  middot: "·",
  bull: "•",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  lsquo: "‘",
  rsquo: "’",
  sbquo: "‚",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  laquo: "«",
  raquo: "»",
  times: "×",
  frac12: "½",
  iexcl: "¡",
  iquest: "¿",
};

/** Elements that stand inside a line of text: their tags part no words. */
const INLINE = new Set(
  "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr o:p".split(
    " ",
  ),
);
/** Elements whose content nobody reads. */
const UNREAD = new Set(["script", "style", "title", "template", "noscript"]);

/** Text without tags, comments, scripts and styles; entities decoded. Linear in the length, whatever the input. */
export function htmlToText(html: string): string {
  const pieces: string[] = [];
  const lower = html.toLowerCase();
  const folds = lower.length === html.length ? lower : html;
  // Past its last end a tag or comment can never close: without this each start would search the whole rest.
  const lastTagEnd = html.lastIndexOf(">");
  let at = 0;
  while (at < html.length) {
    const tag = html.indexOf("<", at);
    if (tag === -1 || tag > lastTagEnd) break;
    pieces.push(html.slice(at, tag));
    if (!/^[a-z/!?]/i.test(html.charAt(tag + 1))) {
      pieces.push("<");
      at = tag + 1;
      continue;
    }
    if (html.startsWith("<!--", tag)) {
      const end = html.indexOf("-->", tag + 4);
      at = end === -1 ? html.length : end + 3;
      continue;
    }
    const tagEnd = html.indexOf(">", tag) + 1;
    const name = /^<\/?([a-z][a-z0-9:]*)/.exec(folds.slice(tag, tag + 16))?.[1] ?? "";
    if (!INLINE.has(name)) pieces.push("\n");
    at = UNREAD.has(name) && html[tag + 1] !== "/" ? closingTagEnd(html, folds, name, tagEnd) : tagEnd;
  }
  pieces.push(html.slice(at));
  return decodeEntities(pieces.join(""));
}

/** Past `</name…>`; an element that never closes reaches to the end. */
function closingTagEnd(html: string, folds: string, name: string, start: number): number {
  const closing = folds.indexOf(`</${name}`, start);
  if (closing === -1) return html.length;
  const end = html.indexOf(">", closing);
  return end === -1 ? html.length : end + 1;
}

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}\d{0,2}));?/g, decodeEntity);
}

function decodeEntity(
  raw: string,
  decimal: string | undefined,
  hexadecimal: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : raw;
  const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : raw;
}
