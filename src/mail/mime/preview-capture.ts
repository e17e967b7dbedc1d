/** Keeps the beginning of the first text part that has something to read, while the message streams past. */
import { Buffer } from "node:buffer";
import { PREVIEW_SOURCE_OCTETS_MAX } from "../text/limits.ts";
import { previewText, type TextPart } from "../text/search-text.ts";
import { PREVIEW_ATTEMPTS_MAX } from "./limits.ts";

export class PreviewCapture {
  #text = "";
  #attempts = 0;
  #part: TextPart | undefined;
  #start = 0;
  #octets = Buffer.alloc(0);

  get text(): string {
    return this.#text;
  }

  /** True while a text part is still looked for. */
  get wanting(): boolean {
    return this.#part === undefined && this.#text === "" && this.#attempts < PREVIEW_ATTEMPTS_MAX;
  }

  /** @param seed the body's first octets where they came before the chunk at hand. */
  begin(part: TextPart, bodyStart: number, seed: Buffer): void {
    this.#part = part;
    this.#start = bodyStart;
    this.#octets = Buffer.from(seed.subarray(0, PREVIEW_SOURCE_OCTETS_MAX));
  }

  /** Takes what it needs of a chunk that will be gone when the next one comes. */
  keep(chunk: Buffer, base: number): void {
    if (this.#part === undefined || this.#octets.length >= PREVIEW_SOURCE_OCTETS_MAX) return;
    this.#octets = Buffer.concat([this.#octets, this.#rest(chunk, base)]);
  }

  /** The part `part` ended at `bodyEnd`, in the chunk at hand or before it. */
  end(part: TextPart, bodyEnd: number, chunk: Buffer, base: number): void {
    if (part !== this.#part) return;
    const octets =
      this.#octets.length === 0 ? this.#rest(chunk, base) : Buffer.concat([this.#octets, this.#rest(chunk, base)]);
    this.#text = previewText(part, octets.subarray(0, bodyEnd - this.#start));
    this.#attempts++;
    this.#part = undefined;
    this.#octets = Buffer.alloc(0);
  }

  #rest(chunk: Buffer, base: number): Buffer {
    const from = Math.max(0, this.#start + this.#octets.length - base);
    return chunk.subarray(from, from + PREVIEW_SOURCE_OCTETS_MAX - this.#octets.length);
  }
}
