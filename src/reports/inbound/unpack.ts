/** Takes a report out of its gzip or zip. What it would grow to is bounded before it grows: a few octets can hold a gigabyte. */
import { Buffer } from "node:buffer";
import { gunzip, inflateRaw } from "node:zlib";
import { asBuffer } from "#mail/header/fields.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { ZIP_END_OCTETS_MAX, ZIP_ENTRIES_MAX } from "../limits.ts";

export type UnpackProblem = "broken" | "too-large" | "no-file";

/** Told by its first octets, whatever it calls itself; what is neither is plain already. @param octetsMax of what comes out. */
export async function unpack(octets: Uint8Array, octetsMax: number): Promise<Result<Uint8Array, UnpackProblem>> {
  const packed = asBuffer(octets);
  if (packed[0] === 0x1f && packed[1] === 0x8b) return grown(gunzip, packed, octetsMax);
  if (packed.length >= 4 && packed.readUInt32LE(0) === LOCAL_HEADER) return unzip(packed, octetsMax);
  return packed.length <= octetsMax ? ok(packed) : failed("too-large");
}

type Grow = typeof gunzip | typeof inflateRaw;

/** In a thread of its own. */
function grown(grow: Grow, packed: Buffer, octetsMax: number): Promise<Result<Uint8Array, UnpackProblem>> {
  const { promise, resolve } = Promise.withResolvers<Result<Uint8Array, UnpackProblem>>();
  grow(packed, { maxOutputLength: octetsMax }, (error, result) => {
    if (error === null) resolve(ok(result));
    else resolve(failed("code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "broken"));
  });
  return promise;
}

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedOctets: number;
  readonly localHeader: number;
}

/** The first file that has a report's name, or the only one. */
async function unzip(zip: Buffer, octetsMax: number): Promise<Result<Uint8Array, UnpackProblem>> {
  const entries = zipEntries(zip);
  const entry = entries.find(({ name }) => /\.(?:xml|json)$/i.test(name)) ?? entries[0];
  if (entry === undefined) return failed("no-file");
  const start = contentStart(zip, entry.localHeader);
  if (start === undefined || start + entry.packedOctets > zip.length) return failed("broken");
  const packed = zip.subarray(start, start + entry.packedOctets);
  if (entry.method === DEFLATED) return grown(inflateRaw, packed, octetsMax);
  if (entry.method !== STORED) return failed("broken");
  return packed.length <= octetsMax ? ok(packed) : failed("too-large");
}

/** From the directory at the end: the sizes in front of the files may be left open. */
function zipEntries(zip: Buffer): readonly ZipEntry[] {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(DIRECTORY_END);
  const end = zip.lastIndexOf(mark);
  if (end === -1 || end + 22 > zip.length || zip.length - end > ZIP_END_OCTETS_MAX) return [];
  const entries: ZipEntry[] = [];
  const count = Math.min(zip.readUInt16LE(end + 10), ZIP_ENTRIES_MAX);
  for (let at = zip.readUInt32LE(end + 16); entries.length < count; ) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== DIRECTORY_ENTRY) break;
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString("latin1", at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      packedOctets: zip.readUInt32LE(at + 20),
      localHeader: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function contentStart(zip: Buffer, header: number): number | undefined {
  if (header + 30 > zip.length || zip.readUInt32LE(header) !== LOCAL_HEADER) return undefined;
  return header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
}
