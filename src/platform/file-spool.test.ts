import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Spool, SpoolWriter } from "#ports/spool.ts";
import { fileSpool } from "./file-spool.ts";
import { systemRandom } from "./system-random.ts";

const INLINE_OCTETS = 1000;

suite("file spool", () => {
  test("keeps a message up to the inline bound in memory, in an array of its own", async () => {
    const { spool, directory } = open();
    const writer = spool.begin(() => undefined);
    const pool = Buffer.from("xx hello xx");
    writer.write(pool.subarray(3, 8));
    const content = await writer.finish();
    assert.equal(content.kind, "octets");
    assert.equal(content.kind === "octets" && content.octets.buffer.byteLength, 5);
    assert.deepEqual(readdirSync(directory), []);
  });

  test("writes a larger one to a file, octet for octet, with its hash", async () => {
    const { spool, directory } = open();
    const octets = randomBytes(3_000_000);
    const content = await send(spool, octets);
    assert.ok(content.kind === "file");
    assert.equal(content.sizeOctets, octets.length);
    assert.equal(content.sha256, createHash("sha256").update(octets).digest("hex"));
    assert.ok(octets.equals(readFileSync(content.path)));
    assert.equal(readdirSync(directory).length, 1);
  });

  test("gives any range of what it has taken, from memory and from the file", async () => {
    for (const size of [900, 300_000]) {
      const { spool } = open();
      const octets = randomBytes(size);
      const content = await send(spool, octets);
      assert.equal(content.kind, size === 900 ? "octets" : "file");
      for (const [start, end] of [
        [0, 10],
        [size - 5, size + 100],
        [size + 1, size + 2],
        [20, 20],
      ] as const) {
        assert.deepEqual(Buffer.from(await spool.read(content, start, end)), octets.subarray(start, end));
      }
    }
  });

  test("asks the sender to wait while the disk is behind, and says when to go on", async () => {
    const { spool } = open();
    const drained = Promise.withResolvers<void>();
    const writer = spool.begin(drained.resolve);
    assert.equal(writer.write(randomBytes(4_000_000)), false);
    await drained.promise;
    assert.equal(writer.write(randomBytes(10)), true);
    writer.discard();
  });

  test("stops before the disk is full, and leaves nothing behind (ENOSPC)", async () => {
    let freeOctets = 65 * 1024 * 1024;
    let asked = 0;
    const { spool, directory } = open({ freeOctets: async () => (asked++, freeOctets) });
    assert.equal((await send(spool, randomBytes(500_000))).kind, "file");
    freeOctets = 63 * 1024 * 1024;
    const writer = spool.begin(() => undefined);
    writer.write(randomBytes(500_000));
    // Its end has not come yet.
    await eventually(() => asked === 2 && readdirSync(directory).length === 1);
    await assert.rejects(writer.finish(), { code: "ENOSPC" });
  });

  test("leaves nothing behind when a message is given up", async () => {
    const { spool, directory } = open();
    const writer = spool.begin(() => undefined);
    writer.write(randomBytes(500_000));
    writer.discard();
    await eventually(() => readdirSync(directory).length === 0);
  });

  test("a disk that fails makes finish fail, with the message still read to its end", async () => {
    const { spool, directory } = open();
    rmSync(directory, { recursive: true });
    const writer = spool.begin(() => undefined);
    for (let i = 0; i < 10; i++) writer.write(randomBytes(1000));
    await assert.rejects(writer.finish(), /ENOENT/);
  });
});

function open(options: Partial<Parameters<typeof fileSpool>[0]> = {}): { spool: Spool; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), "postern-spool-"));
  chmodSync(directory, 0o700);
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const random = systemRandom;
  return { spool: fileSpool({ directory, inlineOctetsMax: INLINE_OCTETS, random, ...options }), directory };
}

async function send(spool: Spool, octets: Buffer): ReturnType<SpoolWriter["finish"]> {
  let goOn: (() => void) | undefined;
  const writer = spool.begin(() => goOn?.());
  for (let at = 0; at < octets.length; at += 65_536) {
    if (!writer.write(octets.subarray(at, at + 65_536))) await new Promise<void>((resolve) => (goOn = resolve));
  }
  return writer.finish();
}

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
