import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { openForWriting, schemaVersion } from "../sqlite/open-database.ts";
import { openSqliteStore } from "../sqlite/open-sqlite-store.ts";
import { stoppedClock, temporaryFolder } from "../sqlite/temporary-folder.ts";
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
