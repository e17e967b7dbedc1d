/**
 * Finds the structure of a message while its octets pass: where each part's header and body stand, and what the headers
 * say. The body is never held; what is kept is bounded by limits.ts, and so is the time a chunk takes. Nothing is an
 * error: past a bound, or where the message is broken, the rest belongs to the parts found so far.
 */
import { Buffer } from "node:buffer";
import { asBuffer } from "../header/fields.ts";
import { type DelimiterMatch, matchDelimiter } from "./boundary.ts";
import { HEADER_OCTETS_MAX, HEADERS_TOTAL_OCTETS_MAX, LINE_HEAD_OCTETS_MAX, NESTING_MAX, PARTS_MAX } from "./limits.ts";
import { countLines } from "./line-counter.ts";
import { OpenHeader } from "./open-header.ts";
import { type PartHeader, readPartHeader } from "./part-header.ts";
import { PreviewCapture } from "./preview-capture.ts";
import type { MessageIndex, MimePart } from "./structure.ts";

/** A part whose end has not come yet. */
interface OpenPart {
  readonly headerStart: number;
  readonly bodyStart: number;
  /** LFs of the message before the body. */
  readonly linesBefore: number;
  readonly header: PartHeader;
  readonly content: PartHeader["content"];
  readonly holds: "octets" | "parts" | "message";
  /** Of a multipart alone. */
  readonly boundary: Uint8Array | undefined;
  readonly children: MimePart[];
  closed: boolean;
}

/** The message inside a message/rfc822 part, once it is complete. */
type HeldMessage = NonNullable<MimePart["message"]>;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const LINE_WITH_DASHES = Buffer.from("\n--");
const NO_OCTETS = Buffer.alloc(0);

/** The index of a message that is at hand as a whole. */
export function scanMessage(octets: Uint8Array): MessageIndex {
  const scanner = new MimeScanner();
  scanner.push(octets);
  return scanner.finish();
}

export class MimeScanner {
  /** The octets at hand and the position of their first one in the message. */
  #chunk: Buffer = NO_OCTETS;
  #base = 0;
  /** Octet before the chunk. */
  #octetBefore = 0;
  /** LFs in front of `#linesCountedTo`. */
  #lines = 0;
  #linesCountedTo = 0;

  /** Parts from the root inwards. */
  readonly #open: OpenPart[] = [];
  /** Set while the lines of a header come in. */
  #header: OpenHeader | undefined;
  #root: { readonly part: MimePart; readonly header: PartHeader } | undefined;
  #heldMessage: HeldMessage | undefined;
  readonly #preview = new PreviewCapture();

  #atLineStart = true;
  /** Length of the line break in front of the line at hand. */
  #lineBreak = 0;
  /** Beginning of a line that the end of the last chunk cut, and its position. */
  readonly #head = Buffer.allocUnsafe(LINE_HEAD_OCTETS_MAX);
  #headLength = 0;
  #headPosition = 0;

  /** Multiparts whose delimiters are awaited, and how many of their boundaries begin with each octet. */
  #awaited = 0;
  readonly #firstOctets = new Uint16Array(256);
  #partCount = 0;
  #headerOctetsLeft = HEADERS_TOTAL_OCTETS_MAX;
  #truncated = false;
  /** No more parts are looked for: a bound was reached. */
  #opaque = false;

  /** @param options.prefix trace fields in front of the content; ranges are of both together. */
  constructor(options: { readonly prefix?: Uint8Array } = {}) {
    this.#beginPart(0);
    if (options.prefix !== undefined) this.push(options.prefix);
  }

  /** Takes the next octets. They are not kept: the caller may use the memory again. */
  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#chunk = asBuffer(octets);
    let at = this.#headLength > 0 ? this.#resumeHead() : 0;
    while (at < octets.length) at = this.#header === undefined ? this.#readBody(at) : this.#readHeaderLine(at);
    this.#countLinesTo(this.#base + octets.length);
    this.#header?.keep(this.#chunk, this.#base);
    this.#preview.keep(this.#chunk, this.#base);
    this.#octetBefore = octets[octets.length - 1]!;
    this.#base += octets.length;
    this.#chunk = NO_OCTETS;
  }

  /** The message is complete. Call once, and nothing after it. */
  finish(): MessageIndex {
    if (this.#headLength > 0) this.#line(this.#head, 0, this.#headLength, this.#headPosition);
    const sizeOctets = this.#base;
    this.#endHeaderBefore(sizeOctets);
    while (this.#open.length > 0) this.#endPart(sizeOctets, this.#lines);
    const { part, header } = this.#root!;
    return {
      version: 1,
      sizeOctets,
      envelope: header.envelope,
      root: part,
      sentAtMs: header.sentAtMs,
      preview: this.#preview.text,
      receivedCount: header.receivedCount,
      truncated: this.#truncated,
    };
  }

  // — Lines —

  /** Goes on with a line whose beginning was in an earlier chunk; returns where it stopped in this one. */
  #resumeHead(): number {
    const lf = this.#chunk.indexOf(LF);
    const room = LINE_HEAD_OCTETS_MAX - this.#headLength;
    const taken = Math.min(room, lf === -1 ? this.#chunk.length : lf + 1);
    this.#chunk.copy(this.#head, this.#headLength, 0, taken);
    this.#headLength += taken;
    const length = this.#headLength;
    const complete = this.#head[length - 1] === LF;
    if (!complete && length < LINE_HEAD_OCTETS_MAX) return taken;
    this.#headLength = 0;
    this.#lineHead(this.#head, 0, length, this.#headPosition);
    return taken;
  }

  /** Keeps the beginning of a line until its end comes. */
  #holdHead(at: number): number {
    this.#headLength = this.#chunk.copy(this.#head, 0, at);
    this.#headPosition = this.#base + at;
    return this.#chunk.length;
  }

  #readHeaderLine(at: number): number {
    if (!this.#atLineStart) return this.#skipLine(at);
    return this.#readLine(at);
  }

  /** Looks for the next delimiter and nothing else: the body's lines are not touched one by one. */
  #readBody(from: number): number {
    const chunk = this.#chunk;
    if (this.#awaited === 0 || this.#opaque) return chunk.length;
    let at = from;
    if (!this.#atLineStart) {
      const found = chunk.indexOf(LINE_WITH_DASHES, at);
      if (found === -1) return this.#leaveBody(at);
      this.#beginLine(found);
      at = found + 1;
    }
    const left = chunk.length - at;
    if (left < 3 && chunk[at] === DASH && (left < 2 || chunk[at + 1] === DASH)) return this.#holdHead(at);
    const candidate = chunk[at] === DASH && chunk[at + 1] === DASH && this.#firstOctets[chunk[at + 2]!]! > 0;
    if (candidate) return this.#readLine(at);
    this.#atLineStart = false;
    return at;
  }

  /** No delimiter begins in the rest of the chunk; but its last octets may be the beginning of one. */
  #leaveBody(from: number): number {
    const { length } = this.#chunk;
    if (length - 1 >= from && this.#chunk[length - 1] === LF) {
      this.#beginLine(length - 1);
    } else if (length - 2 >= from && this.#chunk[length - 2] === LF && this.#chunk[length - 1] === DASH) {
      this.#beginLine(length - 2);
      return this.#holdHead(length - 1);
    }
    return length;
  }

  /** Hands on the line that begins at `at`, or what of it is looked at. */
  #readLine(at: number): number {
    const lf = this.#chunk.indexOf(LF, at);
    const end = Math.min(lf === -1 ? this.#chunk.length : lf + 1, at + LINE_HEAD_OCTETS_MAX);
    if (lf === -1 && end - at < LINE_HEAD_OCTETS_MAX) return this.#holdHead(at);
    this.#lineHead(this.#chunk, at, end, this.#base + at);
    return end;
  }

  #lineHead(octets: Buffer, start: number, end: number, position: number): void {
    const complete = octets[end - 1] === LF;
    if (complete || this.#header !== undefined) this.#line(octets, start, end, position);
    this.#atLineStart = complete;
    if (complete) this.#lineBreak = end - 2 >= start && octets[end - 2] === CR ? 2 : 1;
  }

  #skipLine(at: number): number {
    const lf = this.#chunk.indexOf(LF, at);
    if (lf === -1) return this.#chunk.length;
    this.#beginLine(lf);
    return lf + 1;
  }

  /** A line begins behind the LF at `lf` of the chunk. */
  #beginLine(lf: number): void {
    const before = lf === 0 ? this.#octetBefore : this.#chunk[lf - 1];
    this.#lineBreak = before === CR ? 2 : 1;
    this.#atLineStart = true;
  }

  /** What a line means where it stands: `octets[start, end)`, its LF included unless the message or the bound cut it. */
  #line(octets: Buffer, start: number, end: number, position: number): void {
    const complete = octets[end - 1] === LF;
    let contentEnd = complete ? end - 1 : end;
    if (complete && contentEnd > start && octets[contentEnd - 1] === CR) contentEnd--;
    const next = position + end - start;
    const delimiter = this.#delimiter(octets, start, contentEnd, end - start);
    if (this.#header === undefined) {
      if (delimiter !== undefined) this.#takeDelimiter(delimiter, position, next);
    } else if (delimiter !== undefined) {
      this.#endHeaderBefore(position);
      this.#takeDelimiter(delimiter, position, next);
    } else if (contentEnd === start && complete) {
      this.#endHeaderAfter(next);
    } else {
      this.#header.line(octets, start, contentEnd, position, () => this.#countLinesTo(position));
    }
  }

  #delimiter(octets: Buffer, start: number, end: number, lineLength: number): DelimiterMatch | undefined {
    if (this.#awaited === 0 || this.#opaque || octets[start] !== DASH || octets[start + 1] !== DASH) return undefined;
    // A line that goes on past what is looked at is no delimiter: where the next part begins could not be told.
    if (lineLength === LINE_HEAD_OCTETS_MAX && octets[start + lineLength - 1] !== LF) return undefined;
    return matchDelimiter(this.#open, octets, start, end);
  }

  /** LFs of the message before `position`, which is in the chunk or at its end. */
  #countLinesTo(position: number): number {
    if (position > this.#linesCountedTo) {
      this.#lines += countLines(this.#chunk, this.#linesCountedTo - this.#base, position - this.#base);
      this.#linesCountedTo = position;
    }
    return this.#lines;
  }

  // — Parts —

  #beginPart(position: number): void {
    this.#partCount++;
    this.#header = new OpenHeader(position, Math.min(HEADER_OCTETS_MAX, this.#headerOctetsLeft));
  }

  /** An empty line ended the header; `position` is behind it. */
  #endHeaderAfter(position: number): void {
    if (this.#header?.strayStart !== undefined) return this.#endHeaderBefore(position);
    this.#openPart(this.#header!, position, this.#countLinesTo(position), position);
  }

  /** The header at hand, if any, ends at `position` without an empty line, or with lines that no field followed: those are body. */
  #endHeaderBefore(position: number): void {
    while (this.#header !== undefined) {
      const stray = this.#header.strayStart;
      const bodyStart = stray?.at ?? position;
      this.#openPart(this.#header, bodyStart, stray?.lines ?? this.#countLinesTo(position), position);
      // A message inside begins with the same lines, and has no header.
      if (stray !== undefined && this.#header !== undefined) {
        this.#header = undefined;
        const inner = new OpenHeader(bodyStart, 0);
        this.#openPart(inner, bodyStart, stray.lines, position);
      }
    }
  }

  /** The body of a part begins; octets up to `position` have been seen. */
  #openPart(open: OpenHeader, bodyStart: number, linesBefore: number, position: number): void {
    this.#header = undefined;
    const parent = this.#open.at(-1);
    const inDigest = parent?.holds === "parts" && parent.content.subtype === "digest";
    const { octets, whole } = open.octets(bodyStart, this.#chunk, this.#base);
    const header = readPartHeader(octets, inDigest ? "message/rfc822" : "text/plain");
    this.#headerOctetsLeft -= whole ? octets.length : open.octetsMax;
    if (!whole || header.truncated) this.#truncated = true;
    const part = { headerStart: open.start, bodyStart, linesBefore, header, ...this.#judge(header), closed: false };
    this.#open.push({ ...part, children: [] });
    if (part.boundary !== undefined) this.#await(part.boundary, 1);
    if (part.holds === "message") this.#beginPart(bodyStart);
    else if (part.holds === "octets") this.#beginPreview(part.content, open, bodyStart, position);
  }

  /** What a part is taken for, which is what its header says unless it is broken or a bound is reached. */
  #judge(header: PartHeader): Pick<OpenPart, "content" | "holds" | "boundary"> {
    const { content, boundary } = header;
    const leaf = { holds: "octets", boundary: undefined } as const;
    const multipart = content.type === "multipart";
    const message = content.type === "message" && (content.subtype === "rfc822" || content.subtype === "global");
    if (!multipart && !message) return { content, ...leaf };
    if (multipart && boundary === undefined) return { content: asPlainText(content), ...leaf };
    if (this.#open.length >= NESTING_MAX || (message && this.#isFull())) {
      this.#truncated = true;
      const opaque = { ...content, type: "application", subtype: "octet-stream", parameters: [] };
      return { content: opaque, ...leaf };
    }
    return { content, holds: multipart ? "parts" : "message", boundary };
  }

  #isFull(): boolean {
    return this.#partCount >= PARTS_MAX || this.#headerOctetsLeft <= 0;
  }

  /** A delimiter of a multipart stands at `position`: what was open inside ends before the line break in front of it. */
  #takeDelimiter({ index, closing }: DelimiterMatch, position: number, next: number): void {
    if (!closing && this.#isFull()) {
      this.#truncated = true;
      this.#opaque = true;
      return;
    }
    // Where the innermost body has not begun, the line break is the header's, and the delimiter has none of its own.
    const lineBreak = this.#open.at(-1)!.bodyStart > position - this.#lineBreak ? 0 : this.#lineBreak;
    const lines = this.#countLinesTo(position) - Math.min(1, lineBreak);
    while (this.#open.length > index + 1) this.#endPart(position - lineBreak, lines);
    const multipart = this.#open[index]!;
    if (!closing) return this.#beginPart(next);
    multipart.closed = true;
    this.#await(multipart.boundary!, -1);
  }

  /** The innermost part ends at `end`, `lines` LFs of the message before it. */
  #endPart(end: number, lines: number): void {
    const part = this.#open.pop()!;
    if (part.boundary !== undefined && !part.closed) this.#await(part.boundary, -1);
    const broken = part.holds === "parts" && part.children.length === 0 && !part.closed;
    const complete: MimePart = {
      headerStart: part.headerStart,
      bodyStart: part.bodyStart,
      bodyEnd: end,
      bodyLines: lines - part.linesBefore,
      ...(broken ? asPlainText(part.content) : part.content),
      ...(part.holds === "parts" && !broken ? { parts: part.children } : {}),
      ...(part.holds === "message" ? { message: this.#heldMessage! } : {}),
    };
    if (part.holds === "octets") this.#preview.end(part.content, end, this.#chunk, this.#base);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = { part: complete, header: part.header };
    else if (parent.holds === "message") this.#heldMessage = { envelope: part.header.envelope, root: complete };
    else parent.children.push(complete);
  }

  #await(boundary: Uint8Array, change: 1 | -1): void {
    this.#awaited += change;
    this.#firstOctets[boundary[0]!]! += change;
  }

  #beginPreview(content: PartHeader["content"], open: OpenHeader, bodyStart: number, position: number): void {
    if (!this.#preview.wanting || content.type !== "text" || content.disposition?.type === "attachment") return;
    // Stray lines in front of the chunk are in what was kept of the header, unless there was too much of it.
    if (bodyStart < position && !open.holds(position)) return;
    const before = bodyStart < this.#base ? open.octets(position, this.#chunk, this.#base).octets : NO_OCTETS;
    this.#preview.begin(content, bodyStart, before.subarray(bodyStart - open.start, this.#base - open.start));
  }
}

/** RFC 2045 §5.2: what cannot be understood is shown as text. */
function asPlainText(content: PartHeader["content"]): PartHeader["content"] {
  return { ...content, type: "text", subtype: "plain", parameters: [] };
}
