import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openControlSocket } from "./control-socket.ts";

test("the control socket closes though somebody sits on it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-control-"));
  const path = join(folder, "control.sock");
  const control = await openControlSocket(path, async (command) => `did ${command}`);
  const client = connect({ path });
  client.write('{"id":1,"command":"status","args":{}}\n');
  const answer = await new Promise<string>((resolve) => client.once("data", (octets) => resolve(String(octets))));
  assert.equal(answer, '{"id":1,"ok":true,"value":"did status"}\n');
  const gone = new Promise((resolve) => client.once("close", resolve));
  await control.close();
  await gone;
  rmSync(folder, { recursive: true });
});
