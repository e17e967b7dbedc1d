import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Content } from "#mail/content.ts";
import { delivery, keptBack, messageText, newMessage, toInbox } from "../contract/messages-for-tests.ts";
import { DISK_RESERVE_OCTETS, EXPUNGED_PER_FOLDER_MAX, PURGE_BLOBS_PER_TRANSACTION_MAX } from "../limits.ts";
import type { FolderChanges } from "../store.ts";
import { BlobFiles } from "./blob-files.ts";
import { dataFolder } from "./data-folder.ts";
import { createSqliteReader } from "./reader.ts";
import type { StoreOperation } from "./store-methods.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";
import { applyOne, type OpenedWriter, openWriter } from "./writer-for-tests.ts";

const INBOX = 1; // of the first account, whose id is 1 as well

suite("a batch of operations", () => {
  test("one that throws fails alone; its neighbours are done, and its events are not told", () => {
    const { writer, db, events } = openAccounts(temporaryFolder());
    const badTarget = { accountId: 1, folder: "inbox", flags: null };
    const bad = { ...delivery(messageText("x"), []), targets: [toInbox(2), badTarget] };
    const outcomes = writer.applyBatch([append("a"), { method: "deliver", args: [bad] }, append("b")]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["value", "error", "value"],
    );
    assert.equal(db.number("SELECT count(*) FROM message"), 2);
    assert.deepEqual(events, [
      { kind: "folder", accountId: 1, folderId: INBOX, modSeq: 2 },
      { kind: "folder", accountId: 1, folderId: INBOX, modSeq: 3 },
    ]);
    writer.close();
  });

  test("nothing is told and no file removed where the commit fails", () => {
    const dataDir = temporaryFolder();
    const { writer, db, events } = openAccounts(dataDir);
    applyOne(writer, "deliver", delivery(messageText("large", 200_000), [toInbox(1)]));
    events.length = 0;
    const exec = db.exec.bind(db);
    db.exec = (sql) => {
      if (sql === "COMMIT") throw new Error("a commit made to fail");
      exec(sql);
    };
    const expunge = { method: "expunge", args: [INBOX, null, { force: true }] } as const;
    assert.ok(writer.applyBatch([append("a"), expunge]).every(({ kind }) => kind === "error"));
    db.exec = exec;
    assert.deepEqual(events, []);
    assert.deepEqual(verifySqliteStore(dataDir), []);
    assert.equal(db.number("SELECT count(*) FROM message"), 1);
    writer.close();
  });

  test("events of a batch are told once, after the commit", () => {
    const { writer, events } = openAccounts(temporaryFolder());
    writer.applyBatch([append("a"), append("b"), append("c")]);
    assert.deepEqual(events, [{ kind: "folder", accountId: 1, folderId: INBOX, modSeq: 4 }]);
    writer.close();
  });

  test("a listener that throws undoes nothing, and nothing is done twice", async () => {
    const { writer, db, events } = openAccounts(temporaryFolder());
    events.push = () => {
      throw new Error("a listener's bug");
    };
    const warned = once(process, "warning");
    const outcomes = writer.applyBatch([append("a"), append("b")]);
    assert.match(String(await warned), /a listener's bug/);
    assert.ok(outcomes.every(({ kind }) => kind === "value"));
    assert.equal(db.number("SELECT count(*) FROM message"), 2);
    writer.close();
  });

  test("an error of the disk stops the store: what a second try says cannot be trusted", () => {
    const { writer, db } = openAccounts(temporaryFolder());
    db.connection.function("disk_error", () => {
      throw Object.assign(new Error("input/output error"), { code: "EIO" });
    });
    db.exec("CREATE TEMP TRIGGER disk BEFORE INSERT ON main.message BEGIN SELECT disk_error(); END");
    assert.throws(() => applyOne(writer, "appendMessage", INBOX, newMessage(messageText("a"))));
    assert.throws(() => applyOne(writer, "removeAlias", "x@example.test"), /stopped after a disk error/);
    writer.close();
  });
});

suite("a write that fails", () => {
  const batch: readonly StoreOperation[] = [
    {
      method: "deliver",
      args: [delivery(messageText("two"), [toInbox(1), toInbox(2)], { queued: [{ address: "x@example.org" }] })],
    },
    append("k", "Keyword", String.raw`\Deleted`),
    append("third"),
    { method: "createFolder", args: [1, "a/b"] },
    { method: "copyMessages", args: [INBOX, [1, 2], 3, { move: false }] },
    { method: "copyMessages", args: [INBOX, [3], 4, { move: true }] },
    { method: "changeFlags", args: [3, [1], { operation: "add", flags: ["Other"] }] },
    { method: "expunge", args: [INBOX, null, { force: false }] },
    { method: "renameFolder", args: [1, "INBOX", "old"] },
    { method: "deliver", args: [keptBack("01A", [1, 2], messageText("held"), [])] },
    { method: "deliver", args: [keptBack("01B", [1, 2], messageText("gone", 140_000), [toInbox(1)])] },
    { method: "releaseQuarantined", args: ["01A", [1], 5] },
    { method: "releaseQuarantined", args: ["01A", null, 6] },
    { method: "removeQuarantined", args: ["01B", 7] },
    { method: "changeQueued", args: [{ id: 1 }, "remove", 0] },
    { method: "removeFolder", args: [1, "Drafts"] },
    { method: "removeAccount", args: [2] },
  ];

  test("is tried again by itself: wherever it fails once, the answers are the same", () => {
    const expected = run(0, 0).outcomes;
    assert.ok(expected.every(({ kind }) => kind === "value"));
    for (let writes = 0, failed = 1; failed > 0; writes++) {
      const result = run(writes, 1);
      assert.deepEqual(result.outcomes, expected, `write ${writes}`);
      failed = result.failed;
    }
  });

  test("leaves nothing half-done, wherever writing stops working", () => {
    for (let writes = 0, failed = 1; failed > 0; writes++) {
      const result = run(writes, Number.POSITIVE_INFINITY);
      assert.equal(
        result.outcomes.some(({ kind }) => kind === "error"),
        result.failed > 0,
      );
      failed = result.failed;
    }
  });

  /** Runs the batch on a new store whose writes fail; its figures must agree afterwards, and it must go on working. */
  function run(writes: number, times: number) {
    const dataDir = temporaryFolder();
    const { writer, failAfter, failed } = openAccounts(dataDir);
    failAfter(writes, times);
    const outcomes = writer.applyBatch(batch);
    failAfter(Number.POSITIVE_INFINITY, 0);
    assert.deepEqual(verifySqliteStore(dataDir), []);
    applyOne(writer, "appendMessage", INBOX, newMessage(messageText("after")));
    writer.close();
    assert.deepEqual(verifySqliteStore(dataDir), []);
    return { outcomes, failed: failed() };
  }
});

suite("a full disk", () => {
  test("is said, damages nothing, and is over when there is room again", () => {
    const dataDir = temporaryFolder();
    const { writer, db } = openAccounts(dataDir);
    // However many pages its empty tables take.
    db.exec(`PRAGMA max_page_count = ${db.number("PRAGMA page_count") + 30}`);
    const deliver: StoreOperation = {
      method: "deliver",
      args: [delivery(messageText("x", 0, noise(20_000)), [toInbox(1)])],
    };
    const outcomes = [1, 2, 3, 4].flatMap(() => writer.applyBatch(Array.from({ length: 8 }, () => deliver)));
    const values = outcomes.map(
      (outcome) => outcome.kind === "value" && (outcome.value as { ok: boolean; problem?: string }),
    );
    const delivered = values.filter((value) => value !== false && value.ok).length;
    assert.ok(delivered > 8 && delivered < 32, `${delivered} were delivered`);
    assert.ok(values.every((value) => value !== false && (value.ok || value.problem === "no-space")));
    assert.equal(db.number("SELECT messages FROM folder WHERE id = ?", INBOX), delivered);
    assert.deepEqual(verifySqliteStore(dataDir), []);
    db.exec("PRAGMA max_page_count = 10000");
    assert.equal((applyOne(writer, "deliver", ...deliver.args) as { ok: boolean }).ok, true);
    writer.close();
  });
});

test("a disk that is nearly full takes no mail, but mail on it can be moved and removed (R10)", () => {
  let free = DISK_RESERVE_OCTETS;
  const { writer } = openAccounts(temporaryFolder(), () => free);
  const deliver = () => applyOne(writer, "deliver", delivery(messageText("x"), [toInbox(1)])) as { ok: boolean };
  assert.equal(deliver().ok, true);
  free--;
  const refused = { ok: false, problem: "no-space" };
  assert.deepEqual(deliver(), refused);
  assert.deepEqual(applyOne(writer, "appendMessage", INBOX, newMessage(messageText("x"))), refused);
  const moved = applyOne(writer, "copyMessages", INBOX, [1], 2, { move: true }) as { ok: boolean };
  assert.equal(moved.ok, true);
  assert.deepEqual((applyOne(writer, "expunge", 2, null, { force: true }) as { uids: number[] }).uids, [1]);
  free++;
  assert.equal(deliver().ok, true);
  writer.close();
});

suite("files of large messages", () => {
  test("one file serves all that hold the message, and goes with the last of them", async () => {
    const dataDir = temporaryFolder();
    const { writer } = openAccounts(dataDir);
    const octets = messageText("large", 200_000);
    const first = applyOne(writer, "deliver", delivery(octets, [toInbox(1)]));
    assert.deepEqual(first, { ok: true, value: [{ accountId: 1, folderId: INBOX, uid: 1 }] });
    applyOne(writer, "deliver", { ...delivery(octets, [toInbox(1)]), content: spooled(dataDir, octets) });
    const [file = ""] = filesOf(dataDir);
    assert.deepEqual(filesOf(dataDir), [file]);
    assert.deepEqual(readdirSync(join(dataDir, "spool")), []);
    applyOne(writer, "expunge", INBOX, [1], { force: true });
    assert.deepEqual(filesOf(dataDir), [file]);
    // The last reference goes and a new one comes in the same batch.
    const again = {
      method: "deliver",
      args: [{ ...delivery(octets, [toInbox(1)]), content: spooled(dataDir, octets) }],
    } as const;
    writer.applyBatch([{ method: "expunge", args: [INBOX, [2], { force: true }] }, again]);
    assert.deepEqual(filesOf(dataDir), [file]);
    applyOne(writer, "expunge", INBOX, null, { force: true });
    await writer.tidied();
    assert.deepEqual(filesOf(dataDir), []);
    assert.deepEqual(verifySqliteStore(dataDir), []);
    writer.close();
  });

  test("a file whose transaction failed is removed, unless a neighbour's holds it", () => {
    const dataDir = temporaryFolder();
    const { writer } = openAccounts(dataDir);
    const octets = messageText("large", 200_000);
    const good = { ...delivery(octets, [toInbox(1)]), content: spooled(dataDir, octets) };
    const bad = { ...good, targets: [{ accountId: 1, folder: "inbox", flags: null }] };
    const outcomes = writer.applyBatch([
      { method: "deliver", args: [bad] },
      { method: "deliver", args: [good] },
    ]);
    assert.deepEqual([outcomes[0]?.kind, outcomes[1]?.kind], ["error", "value"]);
    assert.deepEqual(verifySqliteStore(dataDir), []);
    const other = messageText("other", 200_000);
    const lost = { ...delivery(other, []), content: spooled(dataDir, other), targets: bad.targets };
    assert.throws(() => applyOne(writer, "deliver", lost));
    assert.equal(filesOf(dataDir).length, 1);
    writer.close();
  });

  test("the file of a message that went is removed though a neighbour failed", () => {
    const dataDir = temporaryFolder();
    const { writer } = openAccounts(dataDir);
    applyOne(writer, "deliver", delivery(messageText("large", 200_000), [toInbox(1)]));
    const outcomes = writer.applyBatch([
      { method: "expunge", args: [INBOX, null, { force: true }] },
      { method: "putCredential", args: [{ accountId: 99 }] },
    ]);
    assert.deepEqual([outcomes[0]?.kind, outcomes[1]?.kind], ["value", "error"]);
    assert.deepEqual(filesOf(dataDir), []);
    writer.close();
  });

  test("files a crash left without a message are swept after the start", async () => {
    const dataDir = temporaryFolder();
    const before = openAccounts(dataDir);
    applyOne(before.writer, "deliver", delivery(messageText("kept", 200_000), [toInbox(1)]));
    before.writer.close();
    const [kept] = filesOf(dataDir);
    const orphan = spooled(dataDir, messageText("orphan", 200_000));
    new BlobFiles(dataFolder(dataDir)).place(orphan);
    assert.equal(filesOf(dataDir).length, 2);
    const { writer } = openWriter(dataDir);
    await writer.tidied();
    assert.deepEqual(filesOf(dataDir), [kept]);
    writer.close();
  });

  test("a missing file is found by verify", () => {
    const dataDir = temporaryFolder();
    const { writer } = openAccounts(dataDir);
    applyOne(writer, "deliver", delivery(messageText("large", 200_000), [toInbox(1)]));
    new BlobFiles(dataFolder(dataDir)).remove(filesOf(dataDir)[0] ?? "");
    assert.deepEqual(
      verifySqliteStore(dataDir).map(({ kind }) => kind),
      ["missing-file"],
    );
    writer.close();
  });
});

test("what a big expunge leaves is removed bit by bit", async () => {
  const dataDir = temporaryFolder();
  const { writer, db } = openAccounts(dataDir);
  const many = 3 * PURGE_BLOBS_PER_TRANSACTION_MAX;
  writer.applyBatch(Array.from({ length: many }, (_, i) => append(`m${i}`)));
  applyOne(writer, "expunge", INBOX, null, { force: true });
  assert.equal(db.number("SELECT count(*) FROM blob"), many - PURGE_BLOBS_PER_TRANSACTION_MAX);
  await writer.tidied();
  assert.equal(db.number("SELECT count(*) FROM blob"), 0);
  assert.equal(db.number("SELECT count(*) FROM blob_octets"), 0);
  writer.close();
});

test("old expunged UIDs are forgotten; who was away for more is told all that are gone", async () => {
  const dataDir = temporaryFolder();
  const { writer, db } = openAccounts(dataDir);
  // As if the first 100,000 messages had been expunged one by one.
  db.exec(`WITH RECURSIVE old (uid) AS (SELECT 1 UNION ALL SELECT uid + 1 FROM old WHERE uid < ${EXPUNGED_PER_FOLDER_MAX})
    INSERT INTO expunged SELECT ${INBOX}, uid, uid FROM old`);
  const past = EXPUNGED_PER_FOLDER_MAX + 1;
  db.exec(`UPDATE folder SET uid_next = ${past}, recent_from = ${past}, highest_mod_seq = ${past},
    expunged = ${EXPUNGED_PER_FOLDER_MAX} WHERE id = ${INBOX}`);
  writer.applyBatch([append("gone"), append("kept")]);
  applyOne(writer, "expunge", INBOX, [past], { force: true });
  const kept = db.number("SELECT count(*) FROM expunged WHERE folder_id = ?", INBOX);
  assert.ok(kept < EXPUNGED_PER_FOLDER_MAX && kept > EXPUNGED_PER_FOLDER_MAX / 2, `${kept} are kept`);
  assert.deepEqual(verifySqliteStore(dataDir), []);
  const reader = createSqliteReader({ dataDir });
  const expungedSince = async (modSeq: number) =>
    ((await reader.call("changesSince", [INBOX, modSeq])) as FolderChanges).expunged;
  assert.deepEqual(await expungedSince(past), [past]);
  assert.equal((await expungedSince(5)).length, past);
  reader.close();
  writer.close();
});

function append(subject: string, ...flags: readonly string[]): StoreOperation {
  return { method: "appendMessage", args: [INBOX, newMessage(messageText(subject), flags)] };
}

/** A writer of a store with accounts 1 and 2. */
function openAccounts(dataDir: string, freeOctets?: () => number): OpenedWriter {
  const opened = openWriter(dataDir, freeOctets);
  for (const address of ["alice@example.test", "bob@example.test"]) {
    applyOne(opened.writer, "createAccount", { address, quotaOctets: null, nowMs: 0 });
  }
  opened.events.length = 0;
  return opened;
}

/** Text that does not compress. */
function noise(octets: number): string {
  const blocks = Array.from({ length: octets / 44 }, (_, i) => createHash("sha256").update(`${i}`).digest("base64"));
  return blocks.join("");
}

/** Octets as a file of the spool, under a name that tells nothing. */
function spooled(dataDir: string, octets: Uint8Array): Extract<Content, { kind: "file" }> {
  const path = join(dataDir, "spool", "incoming");
  writeFileSync(path, octets);
  const sha256 = createHash("sha256").update(octets).digest("hex");
  return { kind: "file", path, sizeOctets: octets.length, sha256 };
}

function filesOf(dataDir: string): readonly string[] {
  return [...new BlobFiles(dataFolder(dataDir)).names()].flat();
}
