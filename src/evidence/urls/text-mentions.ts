/**
 * Links and addresses in running text: what a mail program would make a link of, and what people are meant to read as one
 * (`hxxp`, `[.]`). Each character is looked at a bounded number of times, whatever the text.
 */
import type { Effort } from "./effort.ts";
import { WORD_CHARACTERS_MAX } from "./limits.ts";
import { isLinkedBare, nameParts } from "./public-suffix.ts";
import { readHosts, withoutInvisible } from "./read-host.ts";
import { DEFANGED_DOT } from "./read-link.ts";

export interface Mention {
  readonly kind: "link" | "address";
  /** As it stands there. */
  readonly raw: string;
  /** The link with its scheme, or the address. */
  readonly meant: string;
  readonly isDefanged: boolean;
  readonly hasInvisible: boolean;
}

/** What stands in every link and address: a dot of any script, an at sign, a colon with a slash behind it. */
const SIGNS = /[.@\u3002\uff0e\uff61]|:[/\\]|[[({]dot[\])}]/gi;
/** `secure-login dot example`, where nothing but a name can be meant. */
const SPELLED_DOT =
  /(?<![a-z0-9-])([a-z0-9][a-z0-9-]{1,62}) dot (com|net|org|info|biz|ru|top|xyz|online|site|shop|click)(?![a-z0-9-])/gi;
const SCHEME = /(?:https?|hxxps?|fxp|ftp):[/\\]/i;
const NON_ASCII = /[^\0-\x7f]/; // oxlint-disable-line no-control-regex -- ASCII is what is asked for
/** Beside an emoji such characters are at home. */
const INVISIBLE_INSIDE = /[\p{L}\p{N}.:/@-]\p{Default_Ignorable_Code_Point}+[\p{L}\p{N}.:/@-]/u;
/** A name of two or more labels, the last not a number. A port, path or query may follow. */
const BARE =
  /^((?:[\p{L}\p{N}_\ufffd][\p{L}\p{N}_\ufffd-]*\.)+[\p{L}][\p{L}\p{N}-]+)(?::\d{1,5}(?!\d))?(?=$|[^\p{L}\p{N}])/u;

/** All at once. @param found told of every mention, in order but for spelled dots, which come last. */
export function findMentions(text: string, effort: Effort, found: (mention: Mention) => void): void {
  for (const _ of mentionsInSteps(text, effort, found));
}

/** The same, with a step for each word. */
export function* mentionsInSteps(text: string, effort: Effort, found: (mention: Mention) => void): Generator<void> {
  for (const word of wordsWithSigns(text)) {
    if (effort.allows(1)) readWord(word, effort, found);
    yield;
  }
  if (!text.includes(" dot ")) return;
  for (const [raw, name, suffix] of text.matchAll(SPELLED_DOT)) {
    found({ kind: "link", raw, meant: `http://${name}.${suffix}`, isDefanged: true, hasInvisible: false });
  }
}

/**
 * The words that may hold a link or an address, in order, each character of the text in one of them at most. A word that is
 * longer than the bound is several.
 */
export function* wordsWithSigns(text: string): Generator<string> {
  const signs = new RegExp(SIGNS);
  let end = 0;
  for (let sign = signs.exec(text); sign !== null; sign = signs.exec(text)) {
    // The end of a sentence, or of a text.
    if (sign[0] === "." && !(text.charCodeAt(signs.lastIndex) > 0x20)) continue;
    const start = wordStart(text, sign.index, Math.max(end, sign.index - WORD_CHARACTERS_MAX));
    end = Math.max(signs.lastIndex, wordEnd(text, sign.index, start + WORD_CHARACTERS_MAX));
    signs.lastIndex = end;
    if (end - start >= LINK_CHARACTERS_MIN) yield text.slice(start, end);
  }
}

function wordStart(text: string, from: number, least: number): number {
  let at = from;
  while (at > least && !isBetweenWords(text.charCodeAt(at - 1))) at--;
  return at;
}

function wordEnd(text: string, from: number, most: number): number {
  let at = from;
  while (at < most && at < text.length && !isBetweenWords(text.charCodeAt(at))) at++;
  return at;
}

/** White space, controls, and what every mail program ends a link at: angle brackets and double quotes. */
function isBetweenWords(code: number): boolean {
  if (code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x7f) return true;
  if (code < 0xa0) return false;
  return code === 0xa0 || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) || isWideGap(code);
}

function isWideGap(code: number): boolean {
  return code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000 || isQuote(code);
}

function isQuote(code: number): boolean {
  return code === 0x201c || code === 0x201d || code === 0x201e || code === 0xab || code === 0xbb;
}

function readWord(word: string, effort: Effort, found: (mention: Mention) => void): void {
  const visible = withoutInvisible(word);
  const refanged = visible.replace(DEFANGED_DOT, ".");
  const hasInvisible = visible !== word && INVISIBLE_INSIDE.test(word);
  const about = { hasInvisible, isDefanged: refanged !== visible };
  const scheme = SCHEME.exec(refanged);
  if (scheme !== null) {
    const raw = withoutTail(refanged.slice(scheme.index));
    const meant = raw.replace(/^hxxp/i, "http").replace(/^fxp/i, "ftp");
    found({
      kind: "link",
      raw,
      meant: endedAtName(meant, effort),
      ...about,
      isDefanged: about.isDefanged || meant !== raw,
    });
    return;
  }
  if (refanged.includes("@")) {
    for (const address of addressesIn(refanged)) found({ kind: "address", raw: address, meant: address, ...about });
    return;
  }
  const plain = NON_ASCII.test(refanged) ? refanged.normalize("NFKC").replace(/\u3002(?=[a-z0-9])/gi, ".") : refanged;
  const bare = withoutTail(plain.slice(leadLength(plain)));
  if (isBareLink(bare, effort)) found({ kind: "link", raw: bare, meant: `http://${bare}`, ...about });
}

/** Is the text, as it begins, a name that a mail program would link? */
export function isBareLink(text: string, effort: Effort): boolean {
  const [match, name] = BARE.exec(text) ?? [];
  if (match === undefined || name === undefined) return false;
  const [host] = readHosts(name, effort);
  const hasPath = match.length > name.length || text[match.length] === "/" || text[match.length] === "?";
  return host?.kind === "name" && isLinkedBare(host.host, hasPath);
}

/** Text of a script without spaces may go on right behind a link: what makes no known name ends at its last ASCII character. */
function endedAtName(link: string, effort: Effort): string {
  if (!NON_ASCII.test(link)) return link;
  const start = /^[a-z]+:[/\\]+/i.exec(link)?.[0].length ?? 0;
  const after = link.slice(start).search(/[/\\?#]/);
  const hostEnd = after === -1 ? link.length : start + after;
  const [host] = readHosts(link.slice(start, hostEnd).split("@").at(-1) ?? "", effort);
  if (host?.kind === "name" && nameParts(host.host).isKnown) return link;
  const ascii = link.slice(start, hostEnd).search(NON_ASCII);
  if (ascii <= 0) return link;
  const shorter = link.slice(0, start + ascii).replace(/\.$/, "");
  const [cut] = readHosts(shorter.slice(start), effort);
  return cut?.kind === "name" && nameParts(cut.host).isKnown ? shorter : link;
}

/** How many characters of brackets, quotes and list marks stand before a word. */
function leadLength(word: string): number {
  let at = 0;
  while (at < word.length && "([{'*_,;:.-+=|~`!#·•–—‘‹「『（【".includes(word.charAt(at))) at++;
  return at;
}

/** Without what ends the sentence, not the link; a closing bracket stays where its partner is in the link (`/a_(b)`). */
function withoutTail(link: string): string {
  let end = link.length;
  let openings = -1;
  for (; end > 0; end--) {
    const character = link.charAt(end - 1);
    if (".,;:!?'*_~`…，；：！？、」』】）’›".includes(character)) continue;
    if (character !== ")" && character !== "]" && character !== "}") break;
    if (openings === -1) openings = link.split(/[([{]/).length - 1;
    if (openings > 0) break;
  }
  const strayEntity = /&[a-z]{1,8};?$/i.exec(link.slice(Math.max(0, end - 10), end))?.[0].length ?? 0;
  return link.slice(0, end - strayEntity);
}

/** `t.co` */
const LINK_CHARACTERS_MIN = 4;
const LOCAL_PART_MAX = 64; // RFC 5321 §4.5.3.1.1
const DOMAIN_MAX = 255;

/** Addresses around each at sign of a word, without quoted local-parts: no mail program links those. */
function addressesIn(word: string): readonly string[] {
  const addresses: string[] = [];
  let least = 0;
  for (let at = word.indexOf("@"); at !== -1; at = word.indexOf("@", at + 1)) {
    let start = at;
    while (start > Math.max(least, at - LOCAL_PART_MAX) && /[\w.!#$%&'*+/=?^`{|}~-]/.test(word.charAt(start - 1)))
      start--;
    let end = at + 1;
    while (end < Math.min(word.length, at + DOMAIN_MAX) && /[\p{L}\p{N}._-]/u.test(word.charAt(end))) end++;
    least = end;
    const localPart = word.slice(start, at).replace(/^[.'*]+/, "");
    if (localPart !== "") addresses.push(`${localPart}@${word.slice(at + 1, end).replace(/\.$/, "")}`);
  }
  return addresses;
}
