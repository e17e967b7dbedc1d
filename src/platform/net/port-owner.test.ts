import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { listeningSockets, portOwner } from "./port-owner.ts";

test("who listens is told from who is connected, and the port from others that end alike", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100",
    "   1: 0100007F:0019 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100",
    "   2: 00000000:1019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100",
  ].join("\n");
  assert.deepEqual(listeningSockets(table, 25), ["111"]);
  assert.deepEqual(listeningSockets("", 25), []);
});

test("our own port is ours", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  assert.equal(portOwner(address.port, 10_000)?.processId, process.pid);
  server.close();
});
