import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { unpack } from "./unpack.ts";

const MAX = 16 * 1024 * 1024;
const TEXT = Buffer.from("<feedback>…</feedback>".repeat(50));

async function unpacked(packed: Uint8Array, max = MAX): Promise<string> {
  const result = await unpack(packed, max);
  return result.ok ? Buffer.from(result.value).toString() : result.problem;
}

interface ZipFile {
  readonly name: string;
  readonly content: Buffer;
  readonly method?: number;
}

/** As programs write it that do not know sizes before: they stand in the directory alone. */
function zip(files: readonly ZipFile[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 8 } of files) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name), packed);
    entries.push(entry, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}

suite("packed reports", () => {
  test("gzip, zip (deflated and stored), and plain ones come out the same", async () => {
    const text = TEXT.toString();
    assert.equal(await unpacked(gzipSync(TEXT)), text);
    assert.equal(await unpacked(zip([{ name: "r.xml", content: TEXT }])), text);
    assert.equal(await unpacked(zip([{ name: "r.xml", content: TEXT, method: 0 }], "a comment")), text);
    assert.equal(await unpacked(TEXT), text);
  });

  test("of several files the one with the report is taken", async () => {
    const files = [
      { name: "readme.txt", content: Buffer.from("no") },
      { name: "r.XML", content: TEXT },
    ];
    assert.equal(await unpacked(zip(files)), TEXT.toString());
  });

  test("64 MiB in 64 KiB are not unpacked", async () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024);
    const packed = gzipSync(bomb);
    assert.ok(packed.length <= 64 * 1024, String(packed.length));
    assert.equal(await unpacked(packed), "too-large");
    assert.equal(await unpacked(zip([{ name: "r.xml", content: bomb }])), "too-large");
    assert.equal(
      await unpacked(gzipSync(bomb.subarray(0, MAX))),
      bomb.toString("latin1", 0, MAX),
      "the bound itself fits",
    );
    assert.equal(await unpacked(TEXT, 10), "too-large");
    assert.equal(await unpacked(zip([{ name: "r.xml", content: TEXT, method: 0 }]), 10), "too-large");
  });

  test("what is broken is no file, whatever it says of itself", async () => {
    const whole = zip([{ name: "r.xml", content: TEXT }]);
    assert.equal(await unpacked(gzipSync(TEXT).subarray(0, 40)), "broken");
    assert.equal(await unpacked(whole.subarray(0, 60)), "no-file");
    assert.equal(await unpacked(zip([{ name: "r.xml", content: TEXT, method: 99 }])), "broken");
  });

  test("no input throws", async () => {
    const whole = zip([{ name: "r.xml", content: TEXT }]);
    const damaged = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, octet]) => whole.with(at, octet) as Uint8Array);
    const made = fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([Buffer.from("PK\u0003\u0004"), tail]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, made, fc.uint8Array()), async (input) => void (await unpack(input, 1000))),
      { numRuns: 300 },
    );
  });
});
