import assert from "node:assert/strict";
import {
  chmodSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { delivery, messageText, toInbox } from "../contract/messages-for-tests.ts";
import { backUpSqliteStore, restoreSqliteStore } from "./backup.ts";
import { openForReading } from "./open-database.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";
import { applyOne, openWriter } from "./writer-for-tests.ts";

/** A store with a small message, a large one, and a gap in its UIDs; its writer is still open. */
function filled() {
  const dataDir = temporaryFolder();
  const opened = openWriter(dataDir);
  applyOne(opened.writer, "createAccount", { address: "a@example.test", quotaOctets: null, nowMs: 0 });
  for (const octets of [100, 400_000, 200]) {
    applyOne(opened.writer, "deliver", delivery(messageText(`m${octets}`, octets), [toInbox(1)]));
  }
  mkdirSync(join(dataDir, "keys"));
  writeFileSync(join(dataDir, "keys/one.key"), "secret", { mode: 0o600 });
  writeFileSync(join(dataDir, "spool/half"), "half a message");
  return { dataDir, ...opened };
}

/** What clients remember of a folder. */
function asClientsSeeIt(dataDir: string): unknown {
  const db = openForReading(join(dataDir, "store.sqlite"));
  try {
    const folders = db.all("SELECT id, name, uid_validity, uid_next, highest_mod_seq FROM folder ORDER BY id");
    return [folders, db.all("SELECT folder_id, uid, flags, mod_seq FROM message ORDER BY folder_id, uid")];
  } finally {
    db.close();
  }
}

/** The rights of the databases and their logs. */
function modes(folder: string): readonly string[] {
  return globSync(join(folder, "{store,lock}.sqlite*")).map((file) => (statSync(file).mode & 0o777).toString(8));
}

suite("backup and restore", () => {
  test("while the store is written to; what comes back has UIDs, flags and keys as they were (R87)", () => {
    const { dataDir, writer } = filled();
    const before = asClientsSeeIt(dataDir);
    const copy = join(temporaryFolder(), "copy");
    assert.deepEqual(backUpSqliteStore(dataDir, copy), { messages: 3, findings: [], skipped: [] });
    // Later mail is not in it.
    applyOne(writer, "deliver", delivery(messageText("later", 300_000), [toInbox(1)]));
    writer.close();
    const restored = join(temporaryFolder(), "data");
    assert.deepEqual(restoreSqliteStore(copy, restored), { messages: 3, findings: [], skipped: [] });
    assert.deepEqual(asClientsSeeIt(restored), before);
    assert.equal(readFileSync(join(restored, "keys/one.key"), "utf8"), "secret");
    assert.deepEqual([statSync(copy).mode & 0o777, statSync(join(copy, "keys/one.key")).mode & 0o777], [0o700, 0o600]);
    assert.deepEqual(readdirSync(join(restored, "spool")), []);
    assert.deepEqual(verifySqliteStore(restored), []);
  });

  test("links are followed; those that lead nowhere are told of and left out, and the copy is whole", () => {
    const { dataDir, writer } = filled();
    const elsewhere = join(temporaryFolder(), "cert.pem");
    writeFileSync(elsewhere, "certificate");
    symlinkSync(elsewhere, join(dataDir, "cert.pem"));
    const lost = { nothing: "/not/there", itself: "itself", above: "..", "keys/round": "../keys" };
    for (const [name, target] of Object.entries(lost)) symlinkSync(target, join(dataDir, name));
    const copy = join(temporaryFolder(), "copy");
    const { findings, skipped } = backUpSqliteStore(dataDir, copy);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      [...skipped].toSorted(),
      Object.keys(lost)
        .map((name) => join(dataDir, name))
        .toSorted(),
    );
    assert.equal(readFileSync(join(copy, "cert.pem"), "utf8"), "certificate");
    assert.deepEqual(readdirSync(join(copy, "keys")), ["one.key"]);
    writer.close();
  });

  test("databases are nobody else's to read, whatever the umask; those of before are made so", () => {
    const umask = process.umask(0);
    try {
      const { dataDir, writer } = filled();
      assert.deepEqual(new Set(modes(dataDir)), new Set(["600"]));
      assert.ok(modes(dataDir).length >= 3, "with its logs");
      const copy = join(temporaryFolder(), "copy");
      backUpSqliteStore(dataDir, copy);
      assert.deepEqual(modes(copy), ["600"]);
      writer.close();
      chmodSync(join(dataDir, "store.sqlite"), 0o644);
      const again = openWriter(dataDir);
      assert.deepEqual(new Set(modes(dataDir)), new Set(["600"]));
      again.writer.close();
    } finally {
      process.umask(umask);
    }
  });

  test("what cannot be brought back whole leaves no store behind, and can be tried again", () => {
    const { dataDir, writer } = filled();
    writer.close();
    const copy = join(temporaryFolder(), "copy");
    backUpSqliteStore(dataDir, copy);
    const restored = temporaryFolder();
    writeFileSync(join(restored, "keys"), "in the way of the folder");
    assert.throws(() => restoreSqliteStore(copy, restored), /keys/);
    assert.ok(!readdirSync(restored).includes("store.sqlite"));
    rmSync(join(restored, "keys"));
    assert.deepEqual(restoreSqliteStore(copy, restored), { messages: 3, findings: [], skipped: [] });
  });

  test("a copy that is not whole is not brought back, and says what is missing", () => {
    const { dataDir, writer } = filled();
    writer.close();
    const copy = join(temporaryFolder(), "copy");
    backUpSqliteStore(dataDir, copy);
    rmSync(join(copy, "blobs"), { recursive: true });
    const restored = join(temporaryFolder(), "data");
    const { findings } = restoreSqliteStore(copy, restored);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ["missing-file"],
    );
    assert.throws(() => statSync(restored));
  });

  test("nothing is overwritten: neither a store, nor a filled folder, nor settings beside the data", () => {
    const { dataDir, writer } = filled();
    writeFileSync(join(dataDir, "postern.toml"), "old");
    const copy = join(temporaryFolder(), "copy");
    backUpSqliteStore(dataDir, copy);
    assert.throws(() => backUpSqliteStore(dataDir, copy), /is there and not empty/);
    assert.throws(() => backUpSqliteStore(dataDir, join(dataDir, "copy")), /is in the data folder itself/);
    assert.throws(() => restoreSqliteStore(copy, dataDir), /has a store already/);
    writer.close();
    const restored = temporaryFolder();
    writeFileSync(join(restored, "postern.toml"), "new");
    restoreSqliteStore(copy, restored);
    assert.equal(readFileSync(join(restored, "postern.toml"), "utf8"), "new");
  });
});
