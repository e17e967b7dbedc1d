/**
 * A message as it leaves: what belongs to us alone taken off its header, and where it was written here in a form that every
 * server on the way can pass on unchanged, so that its signature holds. Read from the store as often as it is needed, never
 * held as a whole.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { parseDomain } from "#mail/address.ts";
import { MimeScanner } from "#mail/mime/scanner.ts";
import type { MessageIndex, MimePart } from "#mail/mime/structure.ts";
import { Base64Encoder, Base64Mender } from "#mail/text/base64-encoder.ts";
import { QuotedPrintableEncoder } from "#mail/text/quoted-printable-encoder.ts";
import { changedParts, encodingName, type PartChange, type Recoding } from "./body-plan.ts";
import { PART_HEADER_OCTETS_MAX, PIECE_OCTETS } from "./limits.ts";
import { changedHeader, foldedHeader } from "./part-header.ts";
import { type Unfitness, UnfitOctets } from "./unfit-octets.ts";

export interface StoredMessage {
  readonly sizeOctets: number;
  /** Octets `[start, end)`; may give fewer, never none before the end. Rejects with the disk's error. */
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface PreparedMessage {
  /** With its empty line. */
  readonly header: Buffer;
  /** The body from its beginning, each time it is called; the same octets each time. */
  readonly body: () => AsyncIterable<Uint8Array>;
  /** Does the body have octets over 127 left? */
  readonly isEightBit: boolean;
  /** Of the one address in From, as A-labels; undefined where there is no such. */
  readonly authorDomain: string | undefined;
}

export interface Preparation {
  /** Of whom? `own`: everything is made 7-bit before it is signed. `forwarded`: others have signed it, only what no server passes on is changed. */
  readonly authorship: "own" | "forwarded";
  /** Fields taken off, in lower case. */
  readonly without: readonly string[];
}

const CR = 0x0d;
const LF = 0x0a;
const CRLF = Buffer.from("\r\n");
const EMPTY_LINE = Buffer.from("\r\n\r\n");

const KINDS: Readonly<Record<Preparation["authorship"], readonly Unfitness[]>> = {
  own: ["long-line", "8bit", "bare-line-end"],
  forwarded: ["long-line", "bare-line-end"],
};

export async function prepareMessage(stored: StoredMessage, preparation: Preparation): Promise<PreparedMessage> {
  const { index, unfit } = await look(stored);
  const { root } = index;
  const kinds = KINDS[preparation.authorship];
  // Beyond the scanner's bounds parts are not told apart: what is not understood is not changed.
  const changes = index.truncated || unfit.isEmpty ? [] : changedParts(root, unfit, kinds).filter(isSmallHeader);
  const ownHeader = await readAll(stored, 0, root.bodyStart);
  const ofRoot = changes.find(({ part }) => part === root);
  const change = ofRoot === undefined ? {} : await encodingChange(stored, ofRoot);
  const header = closed(changedHeader(ownHeader, { ...change, without: preparation.without }));
  return {
    header: unfit.has(["long-line"], 0, root.bodyStart) ? foldedHeader(header) : header,
    body: () => wholeLines(bodyOctets(stored, root, changes)),
    isEightBit: unfit.has(["8bit"], root.bodyStart, index.sizeOctets) && preparation.authorship === "forwarded",
    authorDomain: authorDomainOf(index.envelope),
  };
}

function authorDomainOf({ from }: MessageIndex["envelope"]): string | undefined {
  const [author, ...others] = (from ?? []).filter(({ host }) => host !== null);
  const domain = parseDomain(author?.host ?? "");
  return others.length === 0 && domain.ok ? domain.value : undefined;
}

/** With the empty line that some messages lack. */
function closed(header: Buffer): Buffer {
  if (header.equals(CRLF) || header.subarray(-2 * CRLF.length).equals(EMPTY_LINE)) return header;
  const isLineWhole = header.length === 0 || header.subarray(-CRLF.length).equals(CRLF);
  return Buffer.concat([header, isLineWhole ? CRLF : EMPTY_LINE]);
}

/** Where nothing is unfit, as in most messages, nothing below the header has to be told apart. */
async function look(stored: StoredMessage): Promise<{ readonly index: MessageIndex; readonly unfit: UnfitOctets }> {
  const unfit = new UnfitOctets();
  for await (const piece of pieces(stored, 0, stored.sizeOctets)) unfit.push(piece);
  unfit.end();
  const scanner = new MimeScanner();
  for await (const piece of pieces(stored, 0, unfit.isEmpty ? await headerEnd(stored) : stored.sizeOctets)) {
    scanner.push(piece);
  }
  return { index: scanner.finish(), unfit };
}

/** Behind the first empty line, or the message's end; each line ends in CRLF. */
async function headerEnd(stored: StoredMessage): Promise<number> {
  let at = 0;
  // An empty line may be the first one, and may be cut.
  let tail: Buffer = CRLF;
  for await (const piece of pieces(stored, 0, stored.sizeOctets)) {
    const octets = Buffer.concat([tail, piece]);
    const found = octets.indexOf(EMPTY_LINE);
    if (found !== -1) return at - tail.length + found + EMPTY_LINE.length;
    at += piece.length;
    tail = octets.subarray(-EMPTY_LINE.length + 1);
  }
  return stored.sizeOctets;
}

function isSmallHeader({ part }: PartChange): boolean {
  return part.bodyStart - part.headerStart <= PART_HEADER_OCTETS_MAX;
}

async function* bodyOctets(
  stored: StoredMessage,
  root: MimePart,
  changes: readonly PartChange[],
): AsyncIterable<Uint8Array> {
  let at = root.bodyStart;
  for (const change of changes) {
    const { part, recoding } = change;
    if (part !== root) {
      yield* pieces(stored, at, part.headerStart);
      const header = await readAll(stored, part.headerStart, part.bodyStart);
      yield changedHeader(header, await encodingChange(stored, change));
    }
    yield* recoded(stored, part, recoding);
    at = part.bodyEnd;
  }
  yield* pieces(stored, at, stored.sizeOctets);
}

/** The last line ends too: in DATA it cannot do otherwise, and signers differ about one that does not. */
async function* wholeLines(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let [before, last] = [LF, LF];
  for await (const piece of body) {
    yield piece;
    before = piece.at(-2) ?? last;
    last = piece.at(-1) ?? last;
  }
  if (last !== LF || (before !== CR && before !== LF)) yield CRLF;
}

async function* recoded(stored: StoredMessage, part: MimePart, recoding: Recoding): AsyncIterable<Uint8Array> {
  const encoder = encoderFor(recoding);
  for await (const piece of pieces(stored, part.bodyStart, part.bodyEnd)) {
    const octets = encoder.write(piece);
    if (octets.length > 0) yield octets;
  }
  const last = encoder.end();
  if (last.length > 0) yield last;
}

function encoderFor(recoding: Recoding): { write(octets: Uint8Array): Buffer; end(): Buffer } {
  switch (recoding) {
    case "base64":
      return new Base64Encoder();
    case "mend-base64":
      return new Base64Mender();
    case "quoted-printable":
      return new QuotedPrintableEncoder({ mends: false });
    case "mend-quoted-printable":
      return new QuotedPrintableEncoder({ mends: true });
  }
}

/** A message without MIME fields becomes one (RFC 2045 §4). */
async function encodingChange(
  stored: StoredMessage,
  { part, recoding, isMessage }: PartChange,
): Promise<{ readonly encoding: string; readonly whereMissing?: readonly string[] }> {
  const encoding = encodingName(recoding);
  if (!isMessage) return { encoding };
  const start = await stored.read(part.bodyStart, Math.min(part.bodyEnd, part.bodyStart + PIECE_OCTETS));
  const charset = isUtf8(wholeCharacters(start)) ? "utf-8" : "unknown-8bit";
  return { encoding, whereMissing: ["MIME-Version: 1.0", `Content-Type: text/plain; charset=${charset}`] };
}

/** Without a last line that may have been cut inside a character. */
function wholeCharacters(octets: Uint8Array): Uint8Array {
  return octets.length < PIECE_OCTETS ? octets : octets.subarray(0, octets.lastIndexOf(0x0a) + 1);
}

async function* pieces(stored: StoredMessage, start: number, end: number): AsyncIterable<Uint8Array> {
  for (let at = start; at < end; ) {
    const octets = await stored.read(at, Math.min(end, at + PIECE_OCTETS));
    if (octets.length === 0) throw new Error("the message is shorter than it was said to be");
    yield octets;
    at += octets.length;
  }
}

async function readAll(stored: StoredMessage, start: number, end: number): Promise<Buffer> {
  const octets: Uint8Array[] = [];
  for await (const piece of pieces(stored, start, end)) octets.push(piece);
  return Buffer.concat(octets);
}
