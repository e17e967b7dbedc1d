/** Data folders for tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** An empty folder that is removed when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-store-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still at a day in 2026. */
export const stoppedClock = { now: () => 1_795_000_000_000 };
