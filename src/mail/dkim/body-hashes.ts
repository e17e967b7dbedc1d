/**
 * The hashes of one body, taken while it streams by (RFC 6376 §3.4.3, §3.4.4). Each canonical form is made and hashed once,
 * however many signatures want it; one that covers a part (`l=`) takes a copy of the hash as its end comes by.
 */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { asBuffer } from "../header/fields.ts";
import type { Canonicalization } from "./canonicalization.ts";
import { CANONICAL_BLOCK_OCTETS } from "./limits.ts";

export interface BodyHashRequest {
  readonly body: Canonicalization;
  /** `l=`; undefined for the whole. */
  readonly bodyOctetsMax: number | undefined;
}

export interface BodyHash {
  /** Base64. Undefined where the body is shorter than `l=`. */
  readonly hash: string | undefined;
  /** Octets of the whole canonical body. */
  readonly octets: number;
}

export class BodyHashes {
  readonly #forms = new Map<Canonicalization, CanonicalBody>();

  constructor(requests: readonly BodyHashRequest[]) {
    for (const form of ["simple", "relaxed"] as const) {
      const limits = requests.filter(({ body }) => body === form).map(({ bodyOctetsMax }) => bodyOctetsMax);
      if (limits.length === 0) continue;
      const hash = new SplitHash(limits.filter((limit) => limit !== undefined));
      this.#forms.set(form, form === "simple" ? new SimpleBody(hash) : new RelaxedBody(hash));
    }
  }

  /** @param octets of the body, cut anywhere; not kept. */
  write(octets: Uint8Array): void {
    for (const form of this.#forms.values()) form.write(asBuffer(octets));
  }

  /** After the last octet, once. */
  end(): (request: BodyHashRequest) => BodyHash {
    const ends = new Map([...this.#forms].map(([form, body]) => [form, body.end()]));
    return ({ body, bodyOctetsMax }) => {
      const hash = ends.get(body);
      return { hash: hash?.digest(bodyOctetsMax), octets: hash?.octets ?? 0 };
    };
  }
}

interface CanonicalBody {
  write(octets: Buffer): void;
  end(): SplitHash;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const BREAKS = Buffer.from("\r\n".repeat(CANONICAL_BLOCK_OCTETS / 2));

/** A hash of all that comes, and of what has come up to each of some lengths. */
class SplitHash {
  octets = 0;
  readonly #hash: Hash = createHash("sha256");
  /** Lengths not reached yet, the next one last. */
  readonly #limits: number[];
  readonly #parts = new Map<number, string>();
  #whole: string | undefined;

  constructor(limits: readonly number[]) {
    this.#limits = [...new Set(limits)].toSorted((left, right) => right - left);
  }

  update(octets: Buffer): void {
    let rest = octets;
    for (;;) {
      const next = this.#limits.at(-1);
      if (next === undefined || next > this.octets + rest.length) break;
      const part = rest.subarray(0, next - this.octets);
      this.#hash.update(part);
      this.octets = next;
      this.#parts.set(next, this.#hash.copy().digest("base64"));
      this.#limits.pop();
      rest = rest.subarray(part.length);
    }
    this.#hash.update(rest);
    this.octets += rest.length;
  }

  lineBreaks(count: number): void {
    for (let left = count * 2; left > 0; left -= BREAKS.length) {
      this.update(left < BREAKS.length ? BREAKS.subarray(0, left) : BREAKS);
    }
  }

  end(): this {
    // Lengths of zero in a body of nothing.
    this.update(BREAKS.subarray(0, 0));
    this.#whole = this.#hash.digest("base64");
    return this;
  }

  digest(limit: number | undefined): string | undefined {
    return limit === undefined ? this.#whole : this.#parts.get(limit);
  }
}

/** RFC 6376 §3.4.3: as it is, but for the empty lines at its end, of which one line break is left. */
class SimpleBody implements CanonicalBody {
  readonly #hash: SplitHash;
  /** Line breaks that belong to the body if anything follows. */
  #breaks = 0;
  /** A CR whose LF may come with the next octets. */
  #heldCr = false;

  constructor(hash: SplitHash) {
    this.#hash = hash;
  }

  write(octets: Buffer): void {
    let start = 0;
    if (this.#heldCr && octets.length > 0) {
      this.#heldCr = false;
      if (octets[0] === LF) {
        this.#breaks++;
        start = 1;
      } else {
        this.#content(BREAKS.subarray(0, 1));
      }
    }
    let end = octets.length;
    if (end > start && octets[end - 1] === CR) {
      this.#heldCr = true;
      end--;
    }
    const contentEnd = endOfContent(octets, start, end);
    if (contentEnd > start) this.#content(octets.subarray(start, contentEnd));
    this.#breaks += (end - contentEnd) / 2;
  }

  end(): SplitHash {
    if (this.#heldCr) this.#content(BREAKS.subarray(0, 1));
    this.#hash.lineBreaks(1);
    return this.#hash.end();
  }

  #content(octets: Buffer): void {
    // Line breaks at the start belong to those that came before: all of them are content now.
    this.#hash.lineBreaks(this.#breaks);
    this.#breaks = 0;
    this.#hash.update(octets);
  }
}

/** Where the line breaks begin that end `[start, end)`. */
function endOfContent(octets: Buffer, start: number, end: number): number {
  let at = end;
  while (at - 2 >= start && octets[at - 1] === LF && octets[at - 2] === CR) at -= 2;
  return at;
}

/** Written and hashed within one call, for whichever body is at hand: a block for each message is much memory for a moment. */
const BLOCK = Buffer.allocUnsafeSlow(CANONICAL_BLOCK_OCTETS);

/**
 * RFC 6376 §3.4.4: white space is one space, none at the end of a line; no empty lines at the end, and nothing at all for a
 * body of nothing but them. One look at each octet, whatever they are.
 */
class RelaxedBody implements CanonicalBody {
  readonly #hash: SplitHash;
  /** Octets in the block. */
  #length = 0;
  #breaks = 0;
  #heldSpace = false;
  #heldCr = false;
  #isEmpty = true;

  constructor(hash: SplitHash) {
    this.#hash = hash;
  }

  write(octets: Buffer): void {
    const { length } = octets;
    let at = 0;
    while (at < length) {
      const octet = octets[at++]!;
      if (octet > SPACE) {
        at = this.#run(octets, at - 1);
      } else if (octet === LF && this.#heldCr) {
        this.#heldCr = false;
        this.#heldSpace = false;
        this.#breaks++;
      } else if (octet === CR) {
        if (this.#heldCr) this.#flush();
        this.#heldCr = true;
      } else if (octet === SPACE || octet === TAB) {
        if (this.#heldCr) this.#flush();
        this.#heldSpace = true;
      } else {
        this.#flush();
        this.#put(octet);
      }
    }
    this.#drain();
  }

  end(): SplitHash {
    if (this.#heldCr) this.#flush();
    this.#drain();
    if (!this.#isEmpty) this.#hash.lineBreaks(1);
    return this.#hash.end();
  }

  /** Copies octets from `start` up to the next that may not be content; returns its index. A single space inside a line is. */
  #run(octets: Buffer, start: number): number {
    this.#flush();
    if (this.#length === CANONICAL_BLOCK_OCTETS) this.#drain();
    let filled = this.#length;
    const end = Math.min(octets.length, start + CANONICAL_BLOCK_OCTETS - filled);
    let at = start;
    while (at < end) {
      const octet = octets[at]!;
      // Past the end there is nothing to compare with, and the space is held back.
      if (octet <= SPACE && !(octet === SPACE && octets[at + 1]! > SPACE)) break;
      BLOCK[filled++] = octet;
      at++;
    }
    this.#length = filled;
    return at;
  }

  /** What was held back is content after all. */
  #flush(): void {
    this.#isEmpty = false;
    if (this.#breaks > 0) this.#putBreaks();
    if (this.#heldSpace) {
      this.#heldSpace = false;
      this.#put(SPACE);
    }
    if (this.#heldCr) {
      this.#heldCr = false;
      this.#put(CR);
    }
  }

  #putBreaks(): void {
    const count = this.#breaks;
    this.#breaks = 0;
    if (count === 1 && this.#length + 2 <= CANONICAL_BLOCK_OCTETS) {
      this.#put(CR);
      this.#put(LF);
      return;
    }
    this.#drain();
    this.#hash.lineBreaks(count);
  }

  #put(octet: number): void {
    if (this.#length === CANONICAL_BLOCK_OCTETS) this.#drain();
    BLOCK[this.#length++] = octet;
  }

  #drain(): void {
    if (this.#length > 0) this.#hash.update(BLOCK.subarray(0, this.#length));
    this.#length = 0;
  }
}
