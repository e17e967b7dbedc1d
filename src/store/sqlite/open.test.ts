import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { StoreOpenError, type StoreOpenProblem } from "../store-open-error.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { stoppedClock, temporaryFolder } from "./temporary-folder.ts";

suite("opening a data folder", () => {
  test("a second server is refused and told who holds the folder; when that one is killed, the next may have it (R88)", async () => {
    const dataDir = temporaryFolder();
    const holder = spawn(
      process.execPath,
      ["--conditions=postern-source", "--input-type=module", "-e", HOLD, dataDir],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const gone = once(holder, "exit");
    try {
      await once(holder.stdout, "data");
      await check(dataDir, "in-use", new RegExp(`process ${holder.pid}\\b`));
    } finally {
      holder.kill("SIGKILL");
      await gone;
    }
    await (await openSqliteStore({ dataDir, clock: stoppedClock })).close();
  });

  test("a folder cannot be opened twice in one process, and again after closing", async () => {
    const dataDir = temporaryFolder();
    const store = await openSqliteStore({ dataDir, clock: stoppedClock });
    await check(dataDir, "in-use", new RegExp(`process ${process.pid}\\b`));
    await store.close();
    await (await openSqliteStore({ dataDir, clock: stoppedClock })).close();
  });

  test("a file in the folder's place", () => {
    const dataDir = join(temporaryFolder(), "data");
    writeFileSync(dataDir, "");
    return check(dataDir, "not-a-folder");
  });

  test("a place where nothing can be written", () => check("/proc/postern", "not-writable"));

  test("another user's folder", () => {
    if (process.getuid?.() !== 0) return check("/", "other-owner");
    const dataDir = temporaryFolder();
    chownSync(dataDir, 65_534, 65_534);
    return check(dataDir, "other-owner", /user id 65534/);
  });

  test("a database of a newer version", async () => {
    const dataDir = await emptyStore();
    sql(dataDir, "PRAGMA user_version = 999");
    await check(dataDir, "newer-schema", /999/);
  });

  test("somebody else's database", async () => {
    const dataDir = temporaryFolder();
    sql(dataDir, "CREATE TABLE notes (text TEXT)");
    await check(dataDir, "not-a-store");
  });

  test("a file that is no database", async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, "store.sqlite"), "x".repeat(100_000));
    await check(dataDir, "corrupt");
  });

  test("a database that has lost its end", async () => {
    const dataDir = await emptyStore();
    truncateSync(join(dataDir, "store.sqlite"), 8192 * 3);
    await check(dataDir, "corrupt");
  });

  test("what a crash left in the spool is removed", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, "spool"));
    writeFileSync(join(dataDir, "spool", "left-over"), "x");
    await (await openSqliteStore({ dataDir, clock: stoppedClock })).close();
    assert.throws(() => truncateSync(join(dataDir, "spool", "left-over")), { code: "ENOENT" });
  });
});

const HOLD = `
  const { openSqliteStore } = await import(${JSON.stringify(new URL("./open-sqlite-store.ts", import.meta.url).href)});
  await openSqliteStore({ dataDir: process.argv[1], clock: Date });
  console.log("open");
  setInterval(() => {}, 1000);
`;

async function check(dataDir: string, problem: StoreOpenProblem, message = /./): Promise<void> {
  const opened = openSqliteStore({ dataDir, clock: stoppedClock });
  await assert.rejects(opened, (error) => {
    assert.ok(error instanceof StoreOpenError, String(error));
    assert.equal(error.problem, problem);
    assert.match(error.message, message);
    assert.match(error.remedy, /\w/);
    return true;
  });
}

async function emptyStore(): Promise<string> {
  const dataDir = temporaryFolder();
  await (await openSqliteStore({ dataDir, clock: stoppedClock })).close();
  return dataDir;
}

function sql(dataDir: string, text: string): void {
  const database = new DatabaseSync(join(dataDir, "store.sqlite"));
  database.exec(text);
  database.close();
}
