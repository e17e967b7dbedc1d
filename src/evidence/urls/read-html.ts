/** What HTML links to, loads and shows. The tokenizer alone: what is nested in what does not matter here, and is how parsers are made slow. */
import { type QuoteType, Tokenizer, type TokenizerCallbacks } from "htmlparser2";
import { cssLinks } from "./css-links.ts";
import type { LinkSource } from "./evidence.ts";
import { HTML_IN_ONE_GO_MAX, LINK_CHARACTERS_MAX, LINK_TEXT_CHARACTERS_MAX } from "./limits.ts";

export interface HtmlLink {
  readonly source: LinkSource;
  /** As it stands in the attribute, cut. */
  readonly raw: string;
  /** Entities decoded, cut. */
  readonly value: string;
  /** Entities stood for letters, digits or signs of a URL that need none. */
  readonly hasEntities: boolean;
}

export interface HtmlAnchor {
  readonly href: string;
  /** The text between its tags, cut. */
  readonly shown: string;
}

export interface HtmlContent {
  /** In order; those of `<base>` too. */
  readonly links: readonly HtmlLink[];
  readonly anchors: readonly HtmlAnchor[];
  /** The text that is shown; what starts on a line of its own is on one. */
  readonly text: string;
  readonly scripts: readonly string[];
}

/** Attributes that hold a link, and what they are for. `href` of some elements is none of these: see `sourceOf`. */
const SOURCES: Readonly<Record<string, LinkSource>> = {
  href: "href",
  "xlink:href": "href",
  ping: "href",
  cite: "href",
  action: "form",
  formaction: "form",
  src: "src",
  srcset: "src",
  background: "src",
  poster: "src",
  data: "src",
  dynsrc: "src",
  lowsrc: "src",
  longdesc: "src",
  manifest: "src",
  style: "css",
  content: "refresh",
};
/** Elements that stand inside a line of text: their tags part no words. */
const INLINE = new Set(
  "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr o:p".split(
    " ",
  ),
);
const SPACE = 0x20;
const UNREAD = new Set(["script", "style", "title", "noembed", "noframes", "iframe"]);
/** `<!--[if mso]>…<![endif]-->`: some programs read what is in it. */
const CONDITIONAL = /^\s{0,16}\[if [^\]>]{0,256}\]>/i;
const REFRESH = /^[\s\d.]{0,32}[;,]?\s{0,16}url\s{0,16}=\s{0,16}["']?(.*)$/is;
/** Characters that no URL needs an entity for: letters, digits, dot, slash, colon, at sign, percent. */
const NEEDLESS_ENTITY = /[a-z0-9.:/@%]/i;

/** All at once. */
export function readHtml(html: string): HtmlContent {
  const steps = readHtmlInSteps(html, html.length + 1);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same, with a step for each slice: what is found does not depend on where it is cut. */
export function* readHtmlInSteps(
  html: string,
  sliceCharacters = HTML_IN_ONE_GO_MAX,
): Generator<void, HtmlContent, void> {
  const content = { links: [], anchors: [], pieces: [], scripts: [] };
  yield* new HtmlReader(html, content, 0).read(sliceCharacters);
  const { links, anchors, pieces, scripts } = content;
  return { links, anchors, text: pieces.join(""), scripts };
}

interface Found {
  readonly links: HtmlLink[];
  readonly anchors: HtmlAnchor[];
  readonly pieces: string[];
  readonly scripts: string[];
}

class HtmlReader implements TokenizerCallbacks {
  readonly #html: string;
  readonly #found: Found;
  /** Conditional comments that this is inside of. */
  readonly #depth: number;
  #tag = "";
  /** The element whose text is not shown. */
  #unread = "";
  /** Text of a script or of styles, as it comes. */
  #held: string[] = [];
  #attribute = "";
  #valueStart = 0;
  #value = "";
  #hasEntities = false;
  /** Of the start tag that is open. */
  #href: string | undefined;
  /** The link whose text is coming: where it leads, and its first piece. */
  #anchor: { readonly href: string; readonly from: number } | undefined;

  constructor(html: string, found: Found, depth: number) {
    this.#html = html;
    this.#found = found;
    this.#depth = depth;
  }

  *read(sliceCharacters: number): Generator<void, void, void> {
    const tokenizer = new Tokenizer({}, this);
    for (let at = 0; at < this.#html.length; at += sliceCharacters) {
      if (at > 0) yield;
      tokenizer.write(this.#html.slice(at, at + sliceCharacters));
    }
    tokenizer.end();
  }

  onopentagname(start: number, end: number): void {
    this.#tag = this.#html.slice(start, end).toLowerCase();
    this.#href = undefined;
    if (!INLINE.has(this.#tag)) this.#found.pieces.push("\n");
  }

  onattribname(start: number, end: number): void {
    this.#attribute = this.#html.slice(start, Math.min(end, start + 16)).toLowerCase();
    this.#valueStart = end;
    this.#value = "";
    this.#hasEntities = false;
  }

  onattribdata(start: number, end: number): void {
    if (this.#isWanted()) this.#value += this.#html.slice(start, end);
  }

  onattribentity(code: number): void {
    if (!this.#isWanted()) return;
    const character = String.fromCodePoint(code);
    this.#value += character;
    this.#hasEntities ||= NEEDLESS_ENTITY.test(character);
  }

  onattribend(_: QuoteType, end: number): void {
    if (this.#value === "" || !Object.hasOwn(SOURCES, this.#attribute)) return;
    const source = sourceOf(this.#tag, this.#attribute);
    if (source !== undefined) this.#take(source, end);
  }

  onopentagend(): void {
    if (UNREAD.has(this.#tag)) this.#unread = this.#tag;
    if (this.#tag !== "a") return;
    this.#endAnchor();
    if (this.#href !== undefined) this.#anchor = { href: this.#href, from: this.#found.pieces.length };
  }

  /** In HTML the slash of `<a/>` means nothing. */
  onselfclosingtag(): void {
    this.onopentagend();
  }

  onclosetag(start: number, end: number): void {
    const name = this.#html.slice(start, end).toLowerCase();
    if (name === this.#unread) this.#endUnread();
    if (name === "a") this.#endAnchor();
    if (!INLINE.has(name)) this.#found.pieces.push("\n");
  }

  ontext(start: number, end: number): void {
    if (this.#unread === "") this.#found.pieces.push(this.#html.slice(start, end));
    else if (this.#unread === "script" || this.#unread === "style") this.#held.push(this.#html.slice(start, end));
  }

  ontextentity(code: number): void {
    if (this.#unread === "") this.#found.pieces.push(String.fromCodePoint(code));
  }

  oncomment(start: number, end: number): void {
    if (this.#depth > 0 || this.#html.charCodeAt(start) > 0x5b) return;
    const opening = CONDITIONAL.exec(this.#html.slice(start, start + 300))?.[0].length;
    if (opening === undefined) return;
    const inside = this.#html.slice(start + opening, end);
    for (const _ of new HtmlReader(inside, this.#found, this.#depth + 1).read(inside.length));
  }

  oncdata(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  onend(): void {
    this.#endUnread();
    this.#endAnchor();
  }

  #endUnread(): void {
    const text = this.#held.join("");
    this.#held = [];
    if (this.#unread === "style") this.#takeCss(text);
    else if (text !== "") this.#found.scripts.push(text);
    this.#unread = "";
  }

  #isWanted(): boolean {
    return this.#value.length < LINK_CHARACTERS_MAX && Object.hasOwn(SOURCES, this.#attribute);
  }

  #take(source: LinkSource, end: number): void {
    const { links } = this.#found;
    const about = { source, raw: unquoted(this.#html.slice(this.#valueStart, end)), hasEntities: this.#hasEntities };
    if (source === "css") return this.#takeCss(this.#value);
    if (this.#attribute === "srcset") return this.#takeSourceSet(this.#value);
    if (source === "refresh") {
      const link = REFRESH.exec(this.#value)?.[1];
      if (link !== undefined) links.push({ ...about, value: link.replace(/["'].*$/s, "") });
      return;
    }
    if (this.#attribute === "href") this.#href = this.#value;
    links.push({ ...about, value: this.#value });
  }

  #takeCss(css: string): void {
    for (const link of cssLinks(css)) {
      this.#found.links.push({ source: "css", raw: link, value: link, hasEntities: false });
    }
  }

  #takeSourceSet(value: string): void {
    for (const candidate of value.split(",")) {
      const [link = ""] = candidate.trim().split(/\s/, 1);
      if (link !== "") this.#found.links.push({ source: "src", raw: link, value: link, hasEntities: false });
    }
  }

  #endAnchor(): void {
    const anchor = this.#anchor;
    this.#anchor = undefined;
    if (anchor === undefined) return;
    const { pieces, anchors } = this.#found;
    // No piece is empty: more of them than characters are not needed.
    const shown = pieces.slice(anchor.from, anchor.from + LINK_TEXT_CHARACTERS_MAX).join("");
    anchors.push({ href: anchor.href, shown: shown.slice(0, LINK_TEXT_CHARACTERS_MAX) });
  }
}

/** Undefined where the attribute means something else there. */
function sourceOf(tag: string, attribute: string): LinkSource | undefined {
  if (attribute === "content") return tag === "meta" ? "refresh" : undefined;
  if (attribute === "href" && tag === "base") return "base";
  if (attribute === "href" && (tag === "link" || tag === "image" || tag === "use")) return "src";
  return SOURCES[attribute];
}

/**
 * The value as it stands, without its quotes, cut.
 * @param written from behind the attribute's name to its end: nothing outside of it is looked at.
 */
function unquoted(written: string): string {
  let start = written.indexOf("=") + 1;
  while (start < written.length && written.charCodeAt(start) <= SPACE) start++;
  const quote = written.charAt(start);
  if (quote !== '"' && quote !== "'") return written.slice(start, start + LINK_CHARACTERS_MAX);
  const end = written.endsWith(quote) ? written.length - 1 : written.length;
  return written.slice(start + 1, Math.min(end, start + LINK_CHARACTERS_MAX));
}
