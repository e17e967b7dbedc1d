/**
 * What stands between two nodes: frames, each four octets of its length (big-endian, kind included), one of its kind, and its
 * content. A message is JSON; octets are a part of whatever the message before announced.
 */
import { Buffer } from "node:buffer";

export type Frame =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "octets"; readonly octets: Uint8Array };

/** Octets of a frame's content: what a node must hold of the other before it can judge it. */
export const FRAME_OCTETS_MAX = 1024 * 1024;

const LENGTH_OCTETS = 4;
const HEAD_OCTETS = LENGTH_OCTETS + 1;
const MESSAGE = 1;
const OCTETS = 2;

/** @param value what JSON can hold. Throws where it is too large: the sender cuts before. */
export function messageFrame(value: unknown): Uint8Array {
  return frame(MESSAGE, Buffer.from(JSON.stringify(value), "utf8"));
}

export function octetsFrame(octets: Uint8Array): Uint8Array {
  return frame(OCTETS, octets);
}

function frame(kind: number, content: Uint8Array): Uint8Array {
  if (content.length > FRAME_OCTETS_MAX) throw new RangeError("too much for a frame");
  const whole = Buffer.allocUnsafe(HEAD_OCTETS + content.length);
  whole.writeUInt32BE(content.length + 1, 0);
  whole[LENGTH_OCTETS] = kind;
  whole.set(content, HEAD_OCTETS);
  return whole;
}

/** Puts frames together from octets as they come, however they are cut. */
export class FrameDecoder {
  #pieces: Uint8Array[] = [];
  #held = 0;
  #isBroken = false;

  /** No frames: what came cannot be one, and nothing that follows is read any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  push(octets: Uint8Array): readonly Frame[] {
    if (this.#isBroken || octets.length === 0) return [];
    this.#pieces.push(octets);
    this.#held += octets.length;
    const frames: Frame[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) frames.push(next);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#held < HEAD_OCTETS) return undefined;
    const head = this.#first(HEAD_OCTETS);
    const length = head.readUInt32BE(0) - 1;
    const kind = head[LENGTH_OCTETS];
    if (length < 0 || length > FRAME_OCTETS_MAX || (kind !== MESSAGE && kind !== OCTETS)) return this.#break();
    if (this.#held < HEAD_OCTETS + length) return undefined;
    const whole = this.#first(HEAD_OCTETS + length);
    const content = whole.subarray(HEAD_OCTETS, HEAD_OCTETS + length);
    this.#pieces = whole.length > HEAD_OCTETS + length ? [whole.subarray(HEAD_OCTETS + length)] : this.#pieces.slice(1);
    this.#held -= HEAD_OCTETS + length;
    return kind === MESSAGE ? { kind: "message", text: content.toString("utf8") } : { kind: "octets", octets: content };
  }

  /** Makes the first piece at least so long; joined once a frame, not once a piece. */
  #first(length: number): Buffer {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= length) return Buffer.from(first.buffer, first.byteOffset, first.length);
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }

  #break(): undefined {
    this.#isBroken = true;
    this.#pieces = [];
    this.#held = 0;
    return undefined;
  }
}
