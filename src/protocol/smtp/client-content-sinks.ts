/** Where the octets of a message go: behind DATA with dots, or into chunks (RFC 3030). */
import { ContentEncoder } from "./client-content.ts";
import { CHUNK_OCTETS } from "./client-limits.ts";

export interface ContentSink {
  push(octets: Uint8Array): void;
  finish(): void;
}

interface Surroundings {
  readonly write: (octets: Uint8Array | string) => void;
  readonly wantMore: () => void;
  /** A reply is due before more may come. */
  readonly chunkSent: () => void;
}

export class DataSink implements ContentSink {
  readonly #around: Surroundings;
  readonly #encoder: ContentEncoder;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#encoder = new ContentEncoder({ stuffsDots: true }, around.write);
  }

  push(octets: Uint8Array): void {
    this.#encoder.push(octets);
    this.#around.wantMore();
  }

  finish(): void {
    this.#encoder.finish();
    this.#around.write(".\r\n");
  }
}

export class ChunkSink implements ContentSink {
  readonly #around: Surroundings;
  readonly #encoder: ContentEncoder;
  #pieces: Uint8Array[] = [];
  #octets = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#encoder = new ContentEncoder({ stuffsDots: false }, (piece) => {
      this.#pieces.push(piece);
      this.#octets += piece.length;
    });
  }

  push(octets: Uint8Array): void {
    this.#encoder.push(octets);
    if (this.#octets < CHUNK_OCTETS) return this.#around.wantMore();
    this.#chunk("");
    this.#around.chunkSent();
  }

  finish(): void {
    this.#encoder.finish();
    this.#chunk(" LAST");
  }

  #chunk(mark: string): void {
    this.#around.write(`BDAT ${this.#octets}${mark}\r\n`);
    for (const piece of this.#pieces) this.#around.write(piece);
    this.#pieces = [];
    this.#octets = 0;
  }
}
