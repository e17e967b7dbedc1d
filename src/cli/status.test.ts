import assert from "node:assert/strict";
import { test } from "node:test";
import { otherVersion } from "./status.ts";

test("after an upgrade the command says that the old server still runs, and reads no more of what it says", () => {
  assert.equal(
    otherVersion("0.1.0", "0.2.0"),
    "Postern 0.1.0 runs, and this is the command of 0.2.0: restart the server.",
  );
  assert.equal(otherVersion("0.2.0", "0.2.0"), undefined);
  assert.equal(otherVersion(undefined, "0.2.0"), undefined);
});
