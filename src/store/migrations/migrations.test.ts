import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { openForWriting, schemaVersion } from "../sqlite/open-database.ts";
import { openSqliteStore } from "../sqlite/open-sqlite-store.ts";
import { stoppedClock, temporaryFolder } from "../sqlite/temporary-folder.ts";
import { verifySqliteStore } from "../sqlite/verify.ts";
import { queue } from "./0006-queue.ts";
import { migrations } from "./migrations.ts";

suite("migrations", () => {
  test("an empty database comes to today's version", () => {
    assert.equal(versionAfter(join(temporaryFolder(), "store.sqlite"), migrations), migrations.length);
  });

  test("a database of version 1 is opened with what is in it", async () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, "store.sqlite");
    assert.equal(versionAfter(file, migrations.slice(0, 1)), 1);
    const database = new DatabaseSync(file);
    database.exec("INSERT INTO alias VALUES ('info@example.test', '[\"alice@example.test\"]')");
    database.close();
    const store = await openSqliteStore({ dataDir, clock: stoppedClock });
    assert.equal((await store.statistics()).schemaVersion, migrations.length);
    assert.equal((await store.listAliases())[0]?.address, "info@example.test");
    await store.close();
  });

  test("mail that an older version held in the queue is held still, for each of its recipients", async () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, "store.sqlite");
    versionAfter(file, migrations.slice(0, migrations.indexOf(queue)));
    const database = new DatabaseSync(file);
    database.exec(`
      INSERT INTO blob VALUES (1, 2, 9, 9, NULL, NULL, '{}');
      INSERT INTO blob_octets VALUES (1, 0, x'6161616161610d0a0a');
      INSERT INTO queue_entry VALUES (7, 1, 'alice@example.test', '["bob@example.org","\\"a@b\\"@example.org"]', 5, 'held');
      INSERT INTO queue_entry VALUES (8, 1, '', '["carol@example.net"]', 6, 'held')`);
    database.close();
    const store = await openSqliteStore({ dataDir, clock: stoppedClock });
    const entries = await store.listQueue({ limit: 10 });
    assert.deepEqual(
      entries.map(({ message, recipients }) => [
        message.id,
        message.mailFrom,
        message.queuedAtMs,
        recipients.map(({ address, domain, state, heldFor }) => [address, domain, state, heldFor]),
      ]),
      [
        [
          7,
          "alice@example.test",
          5,
          [
            ["bob@example.org", "example.org", "held", "settings"],
            ['"a@b"@example.org', "example.org", "held", "settings"],
          ],
        ],
        [8, "", 6, [["carol@example.net", "example.net", "held", "settings"]]],
      ],
    );
    assert.equal(await store.changeQueued({}, "release", 10), 3);
    await store.close();
    assert.deepEqual(verifySqliteStore(dataDir), []);
  });

  test("a step that fails leaves the version before it whole", () => {
    const file = join(temporaryFolder(), "store.sqlite");
    const good = "CREATE TABLE later (x INTEGER)";
    const bad = "CREATE TABLE latest (x INTEGER); CREATE TABLE later (x INTEGER)";
    assert.throws(() => openForWriting(file, [...migrations, good, bad]), /already exists/);
    const mended = "CREATE TABLE latest (x INTEGER)";
    assert.equal(versionAfter(file, [...migrations, good, mended]), migrations.length + 2);
  });
});

function versionAfter(file: string, steps: readonly string[]): number {
  const database = openForWriting(file, steps);
  const version = schemaVersion(database);
  database.close();
  return version;
}
