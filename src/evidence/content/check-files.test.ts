import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "#mail/mime/scanner.ts";
import { checkFiles, type FilesEvidence } from "./check-files.ts";
import type { FileEvidence, FileSign } from "./evidence.ts";
import { signsOfName } from "./file-name.ts";
import { ARCHIVE_ENTRIES_MAX, ATTACHMENTS_MAX, ATTACHMENTS_OCTETS_MAX, FILES_MAX } from "./limits.ts";
import { octetsInMemory } from "./message-octets.ts";
import { tailOfPart } from "./part-octets.ts";
import { readZipDirectory } from "./zip-directory.ts";

interface ZipFile {
  readonly name: string;
  readonly isEncrypted?: boolean;
  readonly content?: Buffer;
}

/** An archive with stored files, as APPNOTE has it; checksums are left out. */
function zip(...files: readonly ZipFile[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const { name, isEncrypted = false, content = Buffer.alloc(0) } of files) {
    const written = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.write("PK\x03\x04", "latin1");
    local.writeUInt16LE(written.length, 26);
    locals.push(local, written, content);
    const entry = Buffer.alloc(46);
    entry.write("PK\x01\x02", "latin1");
    entry.writeUInt16LE((isEncrypted ? 1 : 0) | 0x0800, 8);
    entry.writeUInt16LE(written.length, 28);
    directory.push(entry, written);
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  return Buffer.concat([...locals, listed, end]);
}

function wrapped(base64: string): string {
  return base64.replace(/.{76}/g, "$&\r\n");
}

function filesOf(name: string, content: Buffer, encoding = "base64"): Promise<FilesEvidence> {
  const body = encoding === "base64" ? Buffer.from(wrapped(content.toString("base64"))) : content;
  const header = `Content-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
  const octets = Buffer.concat([Buffer.from(header), body]);
  return checkFiles(scanMessage(octets).root, octetsInMemory(octets));
}

async function check(name: string, content: Buffer, expected: readonly Omit<FileEvidence, "part">[]): Promise<void> {
  for (const encoding of ["base64", "binary"]) {
    const { files } = await filesOf(name, content, encoding);
    assert.deepEqual(
      files,
      expected.map((file) => ({ part: "1", ...file })),
      `${name} in ${encoding}`,
    );
  }
}

suite("names", () => {
  const cases: Readonly<Record<string, readonly FileSign[]>> = {
    "bill.pdf": [],
    "bill.exe": ["executable-name"],
    "bill.PDF.exe": ["executable-name", "double-extension"],
    "photo.scr.xz": ["executable-name", "double-extension"],
    "bad_ext.dotted_file_name.exe": ["executable-name"],
    "PDF417(3.2.4).msi": ["executable-name"],
    "06.12.2017.gz": [],
    "bill.exe. . ": ["executable-name"],
    "bill.e\u200bxe": ["executable-name"],
    "bill\uff0eexe": ["executable-name"],
    "bill.pdf                .exe": ["executable-name", "double-extension", "padded-name"],
    "bill\u202efdp.exe": ["executable-name", "turned-name"],
    "folder/run.js": ["executable-name"],
    "sheet.xlsm": ["macros"],
    "disc.iso": ["disk-image"],
    "login.html": ["web-page"],
    "f.zip.gz": ["archive-in-archive"],
    "backup.tar.gz": [],
    "invitation.ics": [],
  };
  for (const [name, signs] of Object.entries(cases)) {
    test(JSON.stringify(name), () => assert.deepEqual(signsOfName(name), signs));
  }

  test("the two names of one attachment disagree", async () => {
    const octets = Buffer.from(
      'Content-Type: application/pdf; name="bill.pdf"\r\nContent-Disposition: attachment; filename="bill.exe"\r\n\r\nx',
    );
    const { files } = await checkFiles(scanMessage(octets).root, octetsInMemory(octets));
    assert.deepEqual(files, [
      { part: "1", name: "bill.exe", inside: null, signs: ["executable-name", "two-extensions"] },
    ]);
  });
});

suite("content", () => {
  test("a program under an innocent name, or without one", async () => {
    await check("bill.pdf", Buffer.from("MZ\x90\0\x03", "latin1"), [
      { name: "bill.pdf", inside: null, signs: ["executable-content"] },
    ]);
    await check("", Buffer.from("\x7fELF\x02\x01\x01\0", "latin1"), [
      { name: "", inside: null, signs: ["executable-content"] },
    ]);
    await check("bill.pdf", Buffer.from("%PDF-1.7"), []);
    await check("a.txt", Buffer.from("MZ is a company, and this is a text.\r\n"), []);
  });

  test("files in an archive", async () => {
    await check("f.zip", zip({ name: "readme.txt" }, { name: "fake.pdf.exe" }), [
      { name: "fake.pdf.exe", inside: "f.zip", signs: ["executable-name", "double-extension"] },
    ]);
    await check("photo.jpg", zip({ name: "run.js" }), [
      { name: "run.js", inside: "photo.jpg", signs: ["executable-name"] },
    ]);
    await check("f.zip", zip({ name: "a.txt", isEncrypted: true }), [
      { name: "f.zip", inside: null, signs: ["encrypted-archive"] },
    ]);
    await check("f.zip", zip({ name: "inner.zip" }), [{ name: "f.zip", inside: null, signs: ["archive-in-archive"] }]);
  });

  test("an archive behind other octets, and one whose directory alone is in the part that is read", async () => {
    await check("f.zip", Buffer.concat([Buffer.from("PK\x03\x04stub"), zip({ name: "x.exe" })]), [
      { name: "x.exe", inside: "f.zip", signs: ["executable-name"] },
    ]);
    for (const padding of [0, 1, 2]) {
      const large = zip({ name: "a.bin.txt", content: Buffer.alloc(300_000 + padding) }, { name: "x.exe" });
      await check("f.zip", large, [{ name: "x.exe", inside: "f.zip", signs: ["executable-name"] }]);
    }
  });

  test("base64 without its padding is decoded in every way it may be meant", async () => {
    for (const padding of [0, 1, 2]) {
      const large = zip({ name: "a.txt", content: Buffer.alloc(300_000 + padding) }, { name: "x.exe" });
      const body = wrapped(large.toString("base64").replace(/=+$/, ""));
      const octets = Buffer.from(
        `Content-Type: application/zip; name=f.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}`,
      );
      const { files } = await checkFiles(scanMessage(octets).root, octetsInMemory(octets));
      assert.deepEqual(
        files.map(({ name }) => name),
        ["x.exe"],
      );
    }
  });

  test("the end of padded base64 is right at the first try, wherever it is cut", async () => {
    for (const octetsMax of [100, 101, 102, 103, 104]) {
      const octets = Buffer.from(Buffer.from(`${"x".repeat(200)}end`).toString("base64"));
      const body = { bodyStart: 0, bodyEnd: octets.length, encoding: "base64" };
      const [first] = await tailOfPart(body, octetsInMemory(octets), octetsMax);
      assert.match(Buffer.from(first!).toString(), /x+end$/);
    }
  });

  test("an archive that is cut or none at all says so", async () => {
    await check("f.zip", zip({ name: "x.exe" }).subarray(0, -30), [
      { name: "f.zip", inside: null, signs: ["unreadable-archive"] },
    ]);
    await check("f.zip", Buffer.from("hello"), [{ name: "f.zip", inside: null, signs: ["unreadable-archive"] }]);
  });

  test("macros: by what is in a document, new or old, not by its name alone", async () => {
    const parts = [{ name: "[Content_Types].xml" }, { name: "word/document.xml" }, { name: "word/media/a.svg" }];
    await check("letter.docx", zip(...parts), []);
    await check("letter.docx", zip(...parts, { name: "word/vbaProject.bin" }), [
      { name: "letter.docx", inside: null, signs: ["macros"] },
    ]);
    const ole = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(4000)]);
    await check("letter.doc", ole, []);
    for (const between of [0, 500_000, 500_001, 500_002]) {
      const document = [ole, Buffer.alloc(between), Buffer.from("_VBA_PROJECT", "utf16le"), Buffer.alloc(100)];
      await check("letter.doc", Buffer.concat(document), [{ name: "letter.doc", inside: null, signs: ["macros"] }]);
    }
  });
});

suite("bounds", () => {
  test("names of an archive, files that are kept", async () => {
    const many = zip(...Array.from({ length: ARCHIVE_ENTRIES_MAX + 1 }, (_, i) => ({ name: `${i}.exe` })));
    assert.equal(readZipDirectory(many)?.entries.length, ARCHIVE_ENTRIES_MAX);
    assert.equal(readZipDirectory(many)?.isCut, true);
    const { files, filesNotRead } = await filesOf("f.zip", many);
    assert.equal(files.length, FILES_MAX);
    assert.ok(filesNotRead > 0);
  });

  test("attachments", async () => {
    const attachment = "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n";
    const octets = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${attachment.repeat(ATTACHMENTS_MAX + 7)}--b--\r\n`,
    );
    let reads = 0;
    const { filesNotRead } = await checkFiles(scanMessage(octets).root, {
      read: (start, end) => {
        reads++;
        return Promise.resolve(octets.subarray(start, end));
      },
    });
    assert.deepEqual([filesNotRead, reads], [7, ATTACHMENTS_MAX]);
  });

  test("octets: no more are asked for than the bound, however many attachments there are", async () => {
    const attachment = `--b\r\nContent-Type: application/zip; name=f.zip\r\n\r\n${"PK\x03\x04".padEnd(300_000, "x")}\r\n`;
    const octets = Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${attachment.repeat(20)}--b--\r\n`);
    let asked = 0;
    const { filesNotRead } = await checkFiles(scanMessage(octets).root, {
      read: (start, end) => {
        asked += end - start;
        return Promise.resolve(octets.subarray(start, end));
      },
    });
    assert.ok(asked <= ATTACHMENTS_OCTETS_MAX && asked > ATTACHMENTS_OCTETS_MAX / 2);
    assert.ok(filesNotRead > 0);
  });

  test("no octets make the directory's reader throw or read outside", () => {
    const pieces = fc.constantFrom(
      ...["PK\x01\x02", "PK\x05\x06", "\xff\xff\xff\xff", "\0\0"].map((text) => Buffer.from(text, "latin1")),
    );
    const hostile = fc.array(fc.oneof(pieces, fc.uint8Array({ maxLength: 30 })), { maxLength: 12 });
    fc.assert(
      fc.property(hostile, (parts) => {
        const found = readZipDirectory(Buffer.concat(parts));
        assert.ok((found?.entries.length ?? 0) <= ARCHIVE_ENTRIES_MAX);
      }),
      { numRuns: 300 },
    );
  });
});
