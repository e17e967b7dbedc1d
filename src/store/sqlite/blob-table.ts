/** Rows of `blob` as the writer makes, shares and drops them. */
import type { Content } from "#mail/content.ts";
import { sentDay } from "#mail/header/date.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import { INLINE_OCTETS_MAX, PURGE_BLOBS_PER_TRANSACTION_MAX } from "../limits.ts";

import type { BlobId } from "../store.ts";
import type { BlobFiles } from "./blob-files.ts";
import type { Database } from "./database.ts";
import { pack } from "./packing.ts";

export interface NewBlob {
  /** Octets in front of the content. */
  readonly prefix: Uint8Array;
  readonly content: Content;
  readonly index: MessageIndex;
  readonly references: number;
}

const INSERT_BLOB = `INSERT INTO blob (reference_count, size_octets, inline_octets, sha256, sent_day, message_index)
  VALUES (?, ?, ?, ?, ?, ?)`;
const GARBAGE = "SELECT id, sha256 FROM blob WHERE reference_count = 0 LIMIT ?";

export class BlobTable {
  readonly #db: Database;
  readonly #files: BlobFiles;
  #garbage: boolean;
  /** Files this transaction may leave without a reference, and files that committed ones may have left so. */
  readonly #dropping = new Set<string>();
  readonly #dropped = new Set<string>();
  /** Files this batch gave a name. */
  readonly #placed = new Set<string>();

  constructor(db: Database, files: BlobFiles) {
    this.#db = db;
    this.#files = files;
    this.#garbage = db.get(GARBAGE, 1) !== undefined;
  }

  /** Blobs without a reference wait to be removed. */
  get hasGarbage(): boolean {
    return this.#garbage;
  }

  insert({ prefix, content, index, references }: NewBlob): BlobId {
    const sizeOctets = prefix.length + contentOctets(content);
    if (index.sizeOctets !== sizeOctets) throw new Error("an index made for a message of another size");
    const file = this.#fileFor(content);
    if (file !== undefined) {
      this.#placed.add(file.sha256);
      this.#files.place(file);
    }
    const inline = file === undefined && content.kind === "octets" ? joined(prefix, content.octets) : prefix;
    const id = this.#db.insert(
      INSERT_BLOB,
      references,
      sizeOctets,
      inline.length,
      file?.sha256 ?? null,
      index.envelope.date === null ? null : sentDay(index.envelope.date),
      JSON.stringify(index),
    );
    const { octets, packed } = pack(inline);
    this.#db.run("INSERT INTO blob_octets (blob_id, packed, octets) VALUES (?, ?, ?)", id, packed ? 1 : 0, octets);
    return id;
  }

  addReference(id: BlobId): void {
    this.#db.run("UPDATE blob SET reference_count = reference_count + 1 WHERE id = ?", id);
  }

  release(id: BlobId): void {
    const row = this.#db.get<{ count: number }>(
      "UPDATE blob SET reference_count = reference_count - 1 WHERE id = ? RETURNING reference_count AS count",
      id,
    );
    if (row?.count === 0) this.#garbage = true;
  }

  /** Releases what all messages of a folder hold. */
  releaseFolder(folderId: number): void {
    const changed = this.#db.run(
      `UPDATE blob SET reference_count = reference_count - gone.count
       FROM (SELECT blob_id, count(*) AS count FROM message WHERE folder_id = ? GROUP BY blob_id) AS gone
       WHERE blob.id = gone.blob_id`,
      folderId,
    );
    if (changed > 0) this.#garbage = true;
  }

  /** Removes some blobs that nothing refers to; a big expunge leaves the rest to later transactions. */
  purge(): void {
    if (!this.#garbage) return;
    const rows = this.#db.all<{ id: number; sha256: string | null }>(GARBAGE, PURGE_BLOBS_PER_TRANSACTION_MAX);
    for (const { id, sha256 } of rows) {
      this.#db.run("DELETE FROM blob_octets WHERE blob_id = ?", id);
      this.#db.run("DELETE FROM blob WHERE id = ?", id);
      if (sha256 !== null) this.#dropping.add(sha256);
    }
    this.#garbage = rows.length === PURGE_BLOBS_PER_TRANSACTION_MAX;
  }

  /** After each commit. */
  committed(): void {
    for (const sha256 of this.#dropping) this.#dropped.add(sha256);
    this.#dropping.clear();
  }

  /** After a batch: removes files of blobs that are gone for good. */
  removeDroppedFiles(): void {
    this.removeOrphans([...this.#dropped]);
    this.#dropped.clear();
  }

  /** After a whole batch: removes files it gave a name for an operation that failed in the end. */
  removeUnusedFiles(): void {
    this.removeOrphans([...this.#placed]);
    this.#placed.clear();
  }

  /** After any rollback. */
  forget(): void {
    this.#garbage = true;
    this.#dropping.clear();
  }

  /** Removes the files among `names` that no blob refers to; how many. */
  removeOrphans(names: readonly string[]): number {
    const orphans = names.filter((name) => !this.#isReferenced(name));
    for (const name of orphans) this.#files.remove(name);
    return orphans.length;
  }

  #isReferenced(sha256: string): boolean {
    return this.#db.get("SELECT 1 FROM blob WHERE sha256 = ? LIMIT 1", sha256) !== undefined;
  }

  #fileFor(content: Content): Extract<Content, { kind: "file" }> | undefined {
    if (content.kind === "file") return content;
    return content.octets.length > INLINE_OCTETS_MAX ? this.#files.spool(content.octets) : undefined;
  }
}

function contentOctets(content: Content): number {
  return content.kind === "file" ? content.sizeOctets : content.octets.length;
}

function joined(prefix: Uint8Array, octets: Uint8Array): Uint8Array {
  if (prefix.length === 0) return octets;
  const whole = new Uint8Array(prefix.length + octets.length);
  whole.set(prefix);
  whole.set(octets, prefix.length);
  return whole;
}
