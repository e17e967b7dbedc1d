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

const EXCLAMATION = 0x21;
const SLASH = 0x2f;
const QUESTION = 0x3f;
/** What a capital letter is short of its small one, below zero. */
const CAPITAL = -0x20;

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
    if (!beginsTag(html.charCodeAt(tag + 1))) {
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
    const name = tagName(folds, tag);
    if (!INLINE.has(name)) pieces.push("\n");
    at = UNREAD.has(name) && html[tag + 1] !== "/" ? closingTagEnd(html, folds, name, tagEnd) : tagEnd;
  }
  pieces.push(html.slice(at));
  return decodeEntities(pieces.join(""));
}

/** A letter, or what begins a closing tag, a comment or a declaration. NaN at the end of the text. */
function beginsTag(code: number): boolean {
  return isLetter(code) || isLetter(code - CAPITAL) || code === SLASH || code === EXCLAMATION || code === QUESTION;
}

/** The longest that is looked for, and enough of any other to tell that it is none of them. Characters. */
const NAME_LENGTH_MAX = 16;

/** In lower case, as `folds` is; empty for what has none. @param tag where `<` stands. */
function tagName(folds: string, tag: number): string {
  const start = folds.charCodeAt(tag + 1) === SLASH ? tag + 2 : tag + 1;
  if (!isLetter(folds.charCodeAt(start))) return "";
  let end = start + 1;
  while (end < tag + NAME_LENGTH_MAX && isNameCharacter(folds.charCodeAt(end))) end++;
  return folds.slice(start, end);
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isNameCharacter(code: number): boolean {
  // Digits and the colon behind them.
  return isLetter(code) || (code >= 0x30 && code <= 0x3a);
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
