/**
 * Reads a message as it streams by and keeps what its signatures need: the header, and a hash of the body for each. No
 * question is asked and no signature checked here; the body is never held.
 */
import { Buffer } from "node:buffer";
import { type BodyHash, BodyHashes } from "#mail/dkim/body-hashes.ts";
import { asBuffer, fieldValueLatin1, type HeaderField, splitFields } from "#mail/header/fields.ts";
import { type ArcChain, readArcChain } from "../arc/chain.ts";
import { HEADER_OCTETS_MAX, SIGNATURES_MAX } from "../dkim/limits.ts";
import { parseSignature, type Signature } from "../dkim/signature.ts";
import type { DigestedSignature } from "../dkim/verify-signatures.ts";
import { readAuthor } from "../dmarc/author.ts";
import type { AuthorEvidence } from "../dmarc/evidence.ts";

/** Plain data: it may cross to another thread, where `authenticateMessage` does the rest. */
export interface DigestedMessage {
  /** Without the empty line at its end; empty where it was too large. */
  readonly header: Uint8Array;
  readonly author: AuthorEvidence;
  readonly signatures: readonly DigestedSignature[];
  /** Beyond the bound, not looked at. */
  readonly signaturesLeftOut: number;
  readonly arc: ArcChain;
  /** For the newest ARC-Message-Signature. */
  readonly arcBody: BodyHash | undefined;
}

interface ReadHeader {
  readonly header: Uint8Array;
  readonly author: AuthorEvidence;
  readonly signatures: readonly { readonly signature: Signature; readonly fieldIndex: number }[];
  readonly signaturesLeftOut: number;
  readonly arc: ArcChain;
  readonly hashes: BodyHashes;
}

export class MessageDigest {
  readonly #collector = new HeaderCollector();
  #read: ReadHeader | undefined;

  /** @param octets of the whole message, cut anywhere, as the signer saw them: dots unstuffed, no trace field of ours in front. Not kept. */
  write(octets: Uint8Array): void {
    let rest: Uint8Array = octets;
    if (this.#read === undefined) {
      rest = this.#collector.write(asBuffer(octets));
      if (!this.#collector.isComplete) return;
      this.#read = readHeader(this.#collector);
    }
    this.#read.hashes.write(rest);
  }

  /** After the last octet, once. */
  end(): DigestedMessage {
    const { hashes, ...read } = this.#read ?? readHeader(this.#collector);
    const hashOf = hashes.end();
    return {
      ...read,
      signatures: read.signatures.map(({ signature, fieldIndex }) => ({
        signature,
        fieldIndex,
        body: signature.check === undefined ? undefined : hashOf(signature.check),
      })),
      arcBody: newestMessageSignature(read.arc).map(hashOf)[0],
    };
  }
}

function readHeader({ isTooLarge, header }: HeaderCollector): ReadHeader {
  if (isTooLarge) return { ...NOTHING_READ, hashes: new BodyHashes([]) };
  const fields = splitFields(header);
  const all: (readonly [number, HeaderField])[] = [];
  for (const entry of fields.entries()) if (entry[1].name === "dkim-signature") all.push(entry);
  const signatures = all.slice(0, SIGNATURES_MAX).map(([fieldIndex, field]) => ({
    signature: parseSignature(fieldValueLatin1(header, field, field.end - field.valueStart), "dkim"),
    fieldIndex,
  }));
  const arc = readArcChain(header, fields);
  const checks = signatures.flatMap(({ signature: { check } }) => check ?? []);
  return {
    header,
    author: readAuthor(header, fields),
    signatures,
    signaturesLeftOut: all.length - signatures.length,
    arc,
    hashes: new BodyHashes([...checks, ...newestMessageSignature(arc)]),
  };
}

const NOTHING_READ = {
  header: Buffer.alloc(0),
  author: { kind: "header-too-large" },
  signatures: [],
  signaturesLeftOut: 0,
  arc: { kind: "broken", problem: { kind: "header-too-large" } },
} as const;

/** One or none. */
function newestMessageSignature(arc: ArcChain): readonly NonNullable<Signature["check"]>[] {
  const check = arc.kind === "sound" ? arc.sets.at(-1)?.message.check : undefined;
  return check === undefined ? [] : [check];
}

/** What is kept of a header that comes in pieces, at first: most end within it. */
const BEGINS_WITH_OCTETS = 8 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Collects octets up to the empty line that ends a header. */
class HeaderCollector {
  isComplete = false;
  isTooLarge = false;
  /** What has come so far: in memory of its own once it is kept. */
  #octets: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Line ends before here have been looked at. */
  #looked = 0;
  #header: Uint8Array | undefined;

  /** @returns what belongs to the body already. */
  write(octets: Buffer): Uint8Array {
    const room = HEADER_OCTETS_MAX + 4 - this.#length;
    const taken = octets.subarray(0, room);
    const isFirst = this.#length === 0;
    // Most headers come in one piece, in which the end is looked for where it lies.
    if (isFirst) this.#borrow(taken);
    else this.#append(taken);
    const end = this.#findEnd();
    if (end !== undefined) {
      const isBody = this.#length - end;
      this.#length = end;
      this.isComplete = true;
      this.#header = this.#copy();
      return octets.subarray(taken.length - isBody);
    }
    if (isFirst) this.#keep();
    if (this.#length <= HEADER_OCTETS_MAX) return octets.subarray(0, 0);
    this.isComplete = true;
    this.isTooLarge = true;
    this.#octets = Buffer.alloc(0);
    return octets.subarray(0, 0);
  }

  /** A copy of its own, no larger than it must be. */
  get header(): Uint8Array {
    return this.#header ?? this.#copy();
  }

  #copy(): Uint8Array {
    return new Uint8Array(this.#octets.subarray(0, this.#length));
  }

  #borrow(octets: Buffer): void {
    this.#octets = octets;
    this.#length = octets.length;
  }

  #keep(): void {
    const borrowed = this.#octets;
    this.#octets = Buffer.alloc(0);
    this.#length = 0;
    this.#append(borrowed);
  }

  #append(octets: Buffer): void {
    const needed = this.#length + octets.length;
    if (needed > this.#octets.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#octets.length, BEGINS_WITH_OCTETS));
      this.#octets.copy(larger, 0, 0, this.#length);
      this.#octets = larger;
    }
    octets.copy(this.#octets, this.#length);
    this.#length = needed;
  }

  /** Index just past the empty line; undefined where it is not there yet. */
  #findEnd(): number | undefined {
    const octets = this.#octets.subarray(0, this.#length);
    if (octets.length === 0) return undefined;
    if (this.#looked === 0) {
      const end = emptyLineEnd(octets, 0);
      if (end === "unknown") return undefined;
      if (end !== undefined) return end;
      this.#looked = 1;
    }
    for (;;) {
      const lf = octets.indexOf(LF, Math.max(0, this.#looked - 1));
      if (lf === -1) {
        this.#looked = octets.length + 1;
        return undefined;
      }
      const end = emptyLineEnd(octets, lf + 1);
      if (end === "unknown") {
        this.#looked = lf + 1;
        return undefined;
      }
      if (end !== undefined) return end;
      this.#looked = lf + 2;
    }
  }
}

/** Past the line end that stands at `start`; `unknown` where more octets are needed to tell. */
function emptyLineEnd(octets: Buffer, start: number): number | "unknown" | undefined {
  const first = octets[start];
  if (first === undefined) return "unknown";
  if (first === LF) return start + 1;
  if (first !== CR) return undefined;
  if (octets[start + 1] === undefined) return "unknown";
  return octets[start + 1] === LF ? start + 2 : undefined;
}
