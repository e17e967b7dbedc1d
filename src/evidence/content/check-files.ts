/** Attachments: what their names, their first octets and the lists of files in archives say. Nothing is unpacked or run. */
import { Buffer } from "node:buffer";
import { asBuffer } from "#mail/header/fields.ts";
import { parameterValue } from "#mail/header/parameters.ts";
import type { MimePart } from "#mail/mime/structure.ts";
import type { FileEvidence, FileSign } from "./evidence.ts";
import { extensionOf, isArchiveName, signsOfName } from "./file-name.ts";
import {
  ARCHIVE_TAIL_OCTETS_MAX,
  ATTACHMENTS_MAX,
  ATTACHMENTS_OCTETS_MAX,
  DOCUMENT_OCTETS_MAX,
  FILES_MAX,
  HEAD_OCTETS_MAX,
  NAME_CHARACTERS_MAX,
} from "./limits.ts";
import type { MessageOctets } from "./message-octets.ts";
import { numberedParts } from "./part-numbers.ts";
import { headOfPart, tailOfPart } from "./part-octets.ts";
import { readZipDirectory, type ZipDirectory, type ZipEntry } from "./zip-directory.ts";

export interface FilesEvidence {
  readonly files: readonly FileEvidence[];
  readonly filesNotRead: number;
}

/** Rejects only with the error of `octets`. */
export async function checkFiles(root: MimePart, octets: MessageOctets): Promise<FilesEvidence> {
  const check = new FilesCheck(octets);
  const attachments = attachmentsOf(root);
  for (const attachment of attachments.slice(0, ATTACHMENTS_MAX)) await check.attachment(attachment);
  return { files: check.files, filesNotRead: check.notRead + Math.max(0, attachments.length - ATTACHMENTS_MAX) };
}

interface Attachment {
  readonly part: string;
  readonly mime: MimePart;
  /** The names that its header gives it, decoded; the first is shown. */
  readonly names: readonly string[];
}

type Content = "program" | "zip" | "old-office" | "other";

const MAGIC: readonly (readonly [Content, Buffer])[] = [
  ["program", Buffer.from("MZ", "latin1")],
  ["program", Buffer.from("\x7fELF", "latin1")],
  ["program", Buffer.from("\xcf\xfa\xed\xfe", "latin1")],
  ["program", Buffer.from("\xca\xfe\xba\xbe", "latin1")],
  ["program", Buffer.from("L\0\0\0\x01\x14\x02\0", "latin1")], // a Windows shortcut
  ["zip", Buffer.from("PK\x03\x04", "latin1")],
  ["zip", Buffer.from("PK\x05\x06", "latin1")],
  ["old-office", Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "latin1")],
];
const PROGRAM_HEADER_OCTETS = 64;
/** The storage that every kind of VBA project has, as the names in an OLE file are written. */
const VBA_STORAGE = Buffer.from("_VBA_PROJECT", "utf16le");

class FilesCheck {
  readonly files: FileEvidence[] = [];
  notRead = 0;
  readonly #octets: MessageOctets;
  #octetsLeft = ATTACHMENTS_OCTETS_MAX;

  constructor(octets: MessageOctets) {
    this.#octets = octets;
  }

  async attachment({ part, mime, names }: Attachment): Promise<void> {
    const [name = ""] = names;
    const signs = new Set(names.flatMap(signsOfName));
    if (new Set(names.map(extensionOf)).size > 1) signs.add("two-extensions");
    const inside: FileEvidence[] = [];
    const content = contentOf(await this.#head(mime));
    if (content === "program") signs.add("executable-content");
    if (content === "old-office" && (await this.#hasMacros(mime))) signs.add("macros");
    if (content === "zip" || (content === "other" && extensionOf(name) === "zip")) {
      await this.#zip(mime, { part, name, signs, inside });
    }
    this.#report({ part, name, inside: null, signs: [...signs] });
    for (const file of inside) this.#report(file);
  }

  #report({ name, signs, ...file }: FileEvidence): void {
    if (signs.length === 0) return;
    if (this.files.length >= FILES_MAX) this.notRead++;
    else this.files.push({ ...file, name: name.slice(0, NAME_CHARACTERS_MAX), signs });
  }

  async #head(mime: MimePart): Promise<Uint8Array> {
    return this.#allow(mime, HEAD_OCTETS_MAX) ? headOfPart(mime, this.#octets, HEAD_OCTETS_MAX) : new Uint8Array();
  }

  async #hasMacros(mime: MimePart): Promise<boolean> {
    if (!this.#allow(mime, DOCUMENT_OCTETS_MAX)) return false;
    // The directory of such a file stands anywhere in it, but seldom in the middle of a long one.
    const head = await headOfPart(mime, this.#octets, DOCUMENT_OCTETS_MAX / 2);
    if (asBuffer(head).includes(VBA_STORAGE)) return true;
    for (const tail of await tailOfPart(mime, this.#octets, DOCUMENT_OCTETS_MAX / 2)) {
      if (asBuffer(tail).includes(VBA_STORAGE)) return true;
    }
    return false;
  }

  async #zip(
    mime: MimePart,
    archive: { part: string; name: string; signs: Set<FileSign>; inside: FileEvidence[] },
  ): Promise<void> {
    const { part, name, signs, inside } = archive;
    const tails = this.#allow(mime, ARCHIVE_TAIL_OCTETS_MAX)
      ? await tailOfPart(mime, this.#octets, ARCHIVE_TAIL_OCTETS_MAX)
      : [];
    const directory = firstDirectory(tails);
    if (directory === undefined || directory.isCut) signs.add("unreadable-archive");
    const entries = directory?.entries ?? [];
    if (entries.some(({ isEncrypted }) => isEncrypted)) signs.add("encrypted-archive");
    if (entries.some((entry) => isVbaProject(entry))) signs.add("macros");
    if (entries.some((entry) => isArchiveName(entry.name))) signs.add("archive-in-archive");
    const isDocument = entries.some((entry) => entry.name === "[Content_Types].xml");
    for (const entry of entries) {
      const entrySigns = signsOfName(entry.name).filter((sign) => !isDocument || !OF_DOCUMENTS.has(sign));
      inside.push({ part, name: entry.name, inside: name, signs: isDocument && isBinaryPart(entry) ? [] : entrySigns });
    }
  }

  #allow({ bodyStart, bodyEnd }: MimePart, octetsMax: number): boolean {
    const wanted = Math.min(bodyEnd - bodyStart, octetsMax);
    if (wanted > this.#octetsLeft) {
      this.notRead++;
      return false;
    }
    this.#octetsLeft -= wanted;
    return true;
  }
}

function firstDirectory(tails: Iterable<Uint8Array>): ZipDirectory | undefined {
  for (const tail of tails) {
    const directory = readZipDirectory(tail);
    if (directory !== undefined) return directory;
  }
  return undefined;
}

/** An office document is an archive of web pages and pictures by nature. */
const OF_DOCUMENTS: ReadonlySet<FileSign> = new Set(["web-page", "archive-in-archive"]);

function isVbaProject({ name }: ZipEntry): boolean {
  return /(?:^|[/\\])vbaProject\.bin$/i.test(name);
}

/** Printer settings and embedded objects have that extension in documents. */
function isBinaryPart({ name }: ZipEntry): boolean {
  return extensionOf(name) === "bin";
}

function contentOf(head: Uint8Array): Content {
  const octets = asBuffer(head);
  const content = MAGIC.find(([, magic]) => octets.subarray(0, magic.length).equals(magic))?.[0] ?? "other";
  // A text may begin with MZ; no program is without a zero in its header.
  return content === "program" && !octets.subarray(0, PROGRAM_HEADER_OCTETS).includes(0) ? "other" : content;
}

/** Every part with a name, or that is neither text nor picture: a program needs no name to be saved. */
function attachmentsOf(root: MimePart): readonly Attachment[] {
  return numberedParts(root).flatMap(({ part, mime }) => {
    if (mime.message !== undefined) return [];
    const given = [
      parameterValue(mime.disposition?.parameters ?? [], "filename"),
      parameterValue(mime.parameters, "name"),
    ];
    const names = [...new Set(given.flatMap((name) => (name === undefined || name === "" ? [] : [name])))];
    if (names.length === 0 && (mime.type === "text" || mime.type === "image")) return [];
    return [{ part, mime, names }];
  });
}
