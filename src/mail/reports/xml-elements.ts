/**
 * Reads the XML of aggregate reports, and no other: elements and text. Attributes and namespaces are passed over, a document
 * type is refused, so nothing can be defined, expanded or fetched. In steps, so that a large report keeps nobody waiting.
 */
import { failed, ok, type Result } from "../result.ts";
import {
  REPORT_TEXT_MAX,
  XML_ASIDE_LENGTH_MAX,
  XML_CHILDREN_MAX,
  XML_DEPTH_MAX,
  XML_ELEMENTS_MAX,
  XML_ROOT_CHILDREN_MAX,
  XML_TAG_LENGTH_MAX,
  XML_WORK_PER_STEP,
} from "./limits.ts";

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

export type XmlProblem =
  | "not-xml"
  | "document-type"
  | "too-deep"
  | "too-many-elements"
  | "tag-too-long"
  | "unclosed"
  | "wrong-root";

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** What a tag costs beside its length, in characters; and a child that is handed over, with what is in it. */
const TAG_WORK = 40;
const TAKE_WORK = 400;
const TAKE_ELEMENT_WORK = 10;

/** Hands over each child of the root when it is closed, and forgets it. Yields now and then: time for others. */
export function* readChildren(
  xml: string,
  root: string,
  take: (child: XmlElement) => void,
): Generator<void, Result<void, XmlProblem>> {
  const open: OpenElement[] = [];
  let work = 0;
  // Of the child that is being read: what is not handed over yet is all in memory.
  let elements = 0;
  let children = 0;
  for (let at = 0; ; ) {
    const start = xml.indexOf("<", at);
    if (start === -1) return failed(open.length > 0 ? "unclosed" : "not-xml");
    work += TAG_WORK + addText(open.at(-1), xml, at, start, decoded);
    if (work >= XML_WORK_PER_STEP) {
      yield;
      work = 0;
    }
    if (xml.startsWith("<!--", start) || xml.startsWith("<?", start)) {
      const mark = xml[start + 1] === "?" ? "?>" : "-->";
      const end = asideEnd(xml, start + 2, mark);
      if (end === undefined) return failed("unclosed");
      at = end + mark.length;
      continue;
    }
    if (xml.startsWith("<![CDATA[", start)) {
      const end = asideEnd(xml, start, "]]>");
      if (end === undefined) return failed("unclosed");
      work += addText(open.at(-1), xml, start + "<![CDATA[".length, end, (text) => text);
      at = end + "]]>".length;
      continue;
    }
    if (xml[start + 1] === "!") return failed("document-type");
    const end = tagEnd(xml, start);
    if (end === undefined) return failed("tag-too-long");
    at = end + 1;
    work += at - start;
    if (xml[start + 1] === "/") {
      const closed = open.pop();
      if (closed === undefined || closed.name !== localName(xml.slice(start + 2, end))) return failed("not-xml");
      if (open.length === 0) return ok(undefined);
      close(closed, open, take);
      if (open.length === 1) work += TAKE_WORK + TAKE_ELEMENT_WORK * elements;
      continue;
    }
    const isEmpty = xml[end - 1] === "/";
    const name = localName(xml.slice(start + 1, isEmpty ? end - 1 : end));
    if (name === "") return failed("not-xml");
    if (open.length === 0 && name !== root) return failed("wrong-root");
    if (open.length >= XML_DEPTH_MAX) return failed("too-deep");
    elements = open.length <= 1 ? 0 : elements + 1;
    if (open.length === 1) children++;
    if (elements > XML_ELEMENTS_MAX || children > XML_ROOT_CHILDREN_MAX) return failed("too-many-elements");
    const element: OpenElement = { name, text: "", children: [] };
    if (!isEmpty) open.push(element);
    else if (open.length === 0) return ok(undefined);
    else {
      close(element, open, take);
      if (open.length === 1) work += TAKE_WORK;
    }
  }
}

/** One that is too long has no end. */
function asideEnd(xml: string, start: number, mark: string): number | undefined {
  const end = xml.slice(start, start + XML_ASIDE_LENGTH_MAX).indexOf(mark);
  return end === -1 ? undefined : start + end;
}

function close(element: OpenElement, open: readonly OpenElement[], take: (child: XmlElement) => void): void {
  if (open.length === 1) return take(element);
  const parent = open.at(-1);
  if (parent !== undefined && parent.children.length < XML_CHILDREN_MAX) parent.children.push(element);
}

const GREATER = 0x3e;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

/** Of the `>`, which may stand in an attribute's value. */
function tagEnd(xml: string, start: number): number | undefined {
  const last = Math.min(xml.length, start + XML_TAG_LENGTH_MAX);
  let quote = 0;
  for (let at = start + 1; at < last; at++) {
    const code = xml.charCodeAt(at);
    if (quote !== 0) quote = code === quote ? 0 : quote;
    else if (code === GREATER) return at;
    else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) quote = code;
  }
  return undefined;
}

/** `dmarc:record xmlns="…"` is a `record`. */
function localName(tag: string): string {
  return /^(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?:\s|$)/.exec(tag)?.[1] ?? "";
}

/** Characters that it looked at. */
function addText(
  element: OpenElement | undefined,
  xml: string,
  start: number,
  end: number,
  decode: (text: string) => string,
): number {
  if (element === undefined || start === end || element.text.length >= REPORT_TEXT_MAX) return 0;
  const text = xml.slice(start, Math.min(end, start + 4 * REPORT_TEXT_MAX));
  element.text += decode(text.trim());
  return text.length;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The five that XML has by itself, and characters by number; others stay as they are. */
function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (typeof name === "string") return ENTITIES[name] ?? whole;
    const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : "?";
  });
}

/** The first child of that name, however deep the path leads; undefined where it is not there. */
export function childAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => at?.children.find((child) => child.name === name), element);
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (element?.children ?? []).filter((child) => child.name === name);
}
