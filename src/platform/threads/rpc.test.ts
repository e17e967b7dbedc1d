import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { ownMemory, type RpcClient, type RpcServer, rpcClient, rpcServer } from "./rpc.ts";

suite("calls between threads", () => {
  test("each caller gets its own answer, whatever their order", async () => {
    const { client, close } = connect(async (_method, [wait]) => {
      await new Promise((resolve) => setTimeout(resolve, Number(wait)));
      return wait;
    });
    assert.deepEqual(await Promise.all([20, 1, 10].map((wait) => client.call("wait", [wait]))), [20, 1, 10]);
    close();
  });

  test("an error over there rejects the one call, with its message", async () => {
    const { client, close } = connect((method) =>
      method === "bad" ? Promise.reject(new TypeError("no such thing")) : Promise.resolve("fine"),
    );
    const bad = client.call("bad", []);
    assert.equal(await client.call("good", []), "fine");
    await assert.rejects(bad, /no such thing/);
    close();
  });

  test("octets with memory of their own are moved, a view of shared memory is copied", async () => {
    const pool = new Uint8Array([1, 2, 3, 4]);
    const { client, close } = connect(async (method) => (method === "view" ? pool.subarray(1, 3) : pool.slice(1, 3)));
    assert.deepEqual(await client.call("view", []), new Uint8Array([2, 3]));
    assert.deepEqual(await client.call("own", []), new Uint8Array([2, 3]));
    assert.deepEqual([...pool], [1, 2, 3, 4]);
    const moved = new Uint8Array([5, 6]);
    await client.call("own", [{ content: moved }], ownMemory(moved));
    assert.equal(moved.byteLength, 0);
    assert.deepEqual(ownMemory(pool.subarray(1)), []);
    close();
  });

  test("events reach every listener until it has enough", async () => {
    const { client, server, close } = connect(() => Promise.resolve());
    const heard: unknown[] = [];
    const stop = client.onEvent((event) => heard.push(event));
    server.emit({ n: 1 });
    await client.call("flush", []);
    await client.call("flush", []);
    stop();
    server.emit({ n: 2 });
    await client.call("flush", []);
    await client.call("flush", []);
    assert.deepEqual(heard, [{ n: 1 }]);
    close();
  });

  test("what came of a call is heard before its answer, and both in one message", async () => {
    const { port1, port2 } = new MessageChannel();
    const client = rpcClient(port1);
    const server = rpcServer(port2, () => {
      server.emit("changed");
      return Promise.resolve("done");
    });
    let messages = 0;
    port1.on("message", () => messages++);
    const heard: unknown[] = [];
    client.onEvent((event) => heard.push(event));
    const calls = ["one", "two"].map((method) => client.call(method, []).then((answer) => heard.push(answer)));
    await Promise.all(calls);
    assert.deepEqual(heard, ["changed", "changed", "done", "done"]);
    assert.equal(messages, 1);
    port2.close();
  });

  test("when the other thread is gone, open and later calls are rejected instead of waiting for ever", async () => {
    const { client, close } = connect(() => new Promise(() => undefined));
    const open = client.call("never", []);
    setTimeout(close, 10);
    await assert.rejects(open, /gone/);
    await assert.rejects(client.call("later", []), /gone/);
  });
});

function connect(handle: Parameters<typeof rpcServer>[1]): {
  client: RpcClient;
  server: RpcServer;
  close: () => void;
} {
  const { port1, port2 } = new MessageChannel();
  return { client: rpcClient(port1), server: rpcServer(port2, handle), close: () => port2.close() };
}
