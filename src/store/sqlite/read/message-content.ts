/** Octets of a stored message by range, across the seam between database and file. */
import { UNPACKED_OCTETS_MAX } from "../../limits.ts";
import type { BlobId } from "../../store.ts";
import type { BlobFiles } from "../blob-files.ts";
import type { Database } from "../database.ts";
import { unpack } from "../packing.ts";

interface BlobRow extends Record<string, unknown> {
  readonly sizeOctets: number;
  readonly inlineOctets: number;
  readonly sha256: string | null;
  readonly packed: number;
  /** Of the range asked for, what is in the database; of packed octets nothing. */
  readonly octets: Uint8Array | null;
}

/** One statement for all: thousands of headers are read this way. */
const SELECT_RANGE = `SELECT size_octets AS sizeOctets, inline_octets AS inlineOctets, sha256, packed,
  CASE WHEN packed = 0 THEN substr(octets, ?, ?) END AS octets FROM blob JOIN blob_octets ON blob_id = id WHERE id = ?`;

export class MessageContent {
  readonly #db: Database;
  readonly #files: BlobFiles;
  /** Unpacked octets of the messages read last, oldest first. */
  readonly #unpacked = new Map<BlobId, Uint8Array>();
  #unpackedOctets = 0;

  constructor(db: Database, files: BlobFiles) {
    this.#db = db;
    this.#files = files;
  }

  /** Octets `[start, end)`, fewer at the end of the message; undefined when it is gone. */
  read(id: BlobId, start: number, end: number): Uint8Array | undefined {
    const blob = this.#db.get<BlobRow>(SELECT_RANGE, start + 1, Math.max(0, end - start), id);
    if (blob === undefined) return undefined;
    const { sizeOctets, inlineOctets, sha256 } = blob;
    const to = Math.min(end, sizeOctets);
    if (start >= to) return new Uint8Array(0);
    const inline = start < inlineOctets ? this.#inline(id, blob, start, Math.min(to, inlineOctets)) : undefined;
    if (to <= inlineOctets) return inline;
    const file =
      sha256 === null
        ? undefined
        : this.#files.read(sha256, Math.max(start, inlineOctets) - inlineOctets, to - inlineOctets);
    // Removed between the look at its row and the opening of its file: the message is gone.
    if (file === undefined) return undefined;
    return inline === undefined ? file : Buffer.concat([inline, file]);
  }

  #inline(id: BlobId, blob: BlobRow, start: number, end: number): Uint8Array | undefined {
    if (blob.packed === 1) {
      // A copy (Buffer's own slice is a view): whoever gets it may move its memory to another thread.
      const unpacked = this.#unpackedOf(id, blob.inlineOctets);
      return unpacked === undefined ? undefined : Uint8Array.prototype.slice.call(unpacked, start, end);
    }
    return blob.octets ?? new Uint8Array(0);
  }

  #unpackedOf(id: BlobId, sizeOctets: number): Uint8Array | undefined {
    const known = this.#unpacked.get(id);
    if (known !== undefined) return known;
    const row = this.#db.get<{ octets: Uint8Array }>("SELECT octets FROM blob_octets WHERE blob_id = ?", id);
    if (row === undefined) return undefined;
    const octets = unpack(row.octets, sizeOctets);
    this.#unpacked.set(id, octets);
    this.#unpackedOctets += octets.length;
    for (const [oldest, old] of this.#unpacked) {
      if (this.#unpackedOctets <= UNPACKED_OCTETS_MAX) break;
      this.#unpacked.delete(oldest);
      this.#unpackedOctets -= old.length;
    }
    return octets;
  }
}
