/** Names of the files in a zip archive, from its central directory (APPNOTE §4.3.12). Nothing is unpacked. */
import { Buffer } from "node:buffer";
import { asBuffer } from "#mail/header/fields.ts";
import { ARCHIVE_ENTRIES_MAX } from "./limits.ts";

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  /** Not all of the list is there or could be read. */
  readonly isCut: boolean;
}

export interface ZipEntry {
  readonly name: string;
  readonly isEncrypted: boolean;
}

const END_SIGNATURE = Buffer.from("PK\x05\x06", "latin1");
const ENTRY_SIGNATURE = Buffer.from("PK\x01\x02", "latin1");
const END_OCTETS = 22;
const ENTRY_OCTETS = 46;
const FLAG_ENCRYPTED = 0x0001;
const FLAG_UTF8 = 0x0800;
/** Stands for a number that the Zip64 record holds (APPNOTE §4.4.1.4). */
const IN_ZIP64 = 0xffff;

/**
 * Undefined where no end of a directory is found.
 * @param tail the archive's last octets.
 */
export function readZipDirectory(tail: Uint8Array): ZipDirectory | undefined {
  const octets = asBuffer(tail);
  const end = octets.lastIndexOf(END_SIGNATURE);
  if (end === -1 || end + END_OCTETS > octets.length) return undefined;
  const expected = octets.readUInt16LE(end + 10);
  const directoryOctets = octets.readUInt32LE(end + 12);
  // The size says where it begins, whatever stands in front of the archive; a wrong one is found out by the signature.
  const declared = end - directoryOctets;
  const isThere = declared >= 0 && octets.subarray(declared, declared + 4).equals(ENTRY_SIGNATURE);
  const start = isThere ? declared : octets.indexOf(ENTRY_SIGNATURE);
  if (start === -1 || start > end) return { entries: [], isCut: expected > 0 };
  const entries = readEntries(octets, start, end);
  return { entries, isCut: expected === IN_ZIP64 || entries.length < expected };
}

function readEntries(octets: Buffer, start: number, end: number): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = start;
  while (entries.length < ARCHIVE_ENTRIES_MAX && at + ENTRY_OCTETS <= end) {
    if (!octets.subarray(at, at + 4).equals(ENTRY_SIGNATURE)) break;
    const flags = octets.readUInt16LE(at + 8);
    const [name, extra, comment] = [28, 30, 32].map((offset) => octets.readUInt16LE(at + offset));
    const nameStart = at + ENTRY_OCTETS;
    const written = octets.subarray(nameStart, Math.min(end, nameStart + name!));
    entries.push({
      // Without the flag the code page is anybody's guess; what matters, dots and extensions, is ASCII in all of them.
      name: written.toString((flags & FLAG_UTF8) === 0 ? "latin1" : "utf8"),
      isEncrypted: (flags & FLAG_ENCRYPTED) !== 0,
    });
    at = nameStart + name! + extra! + comment!;
  }
  return entries;
}
