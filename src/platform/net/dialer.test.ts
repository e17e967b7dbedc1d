import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { OutgoingConnection, OutgoingHandler } from "#ports/dialer.ts";
import { systemDialer } from "./dialer.ts";

suite("dialer", () => {
  test("speaks over TCP: octets both ways, and the addresses of both ends", async () => {
    await using server = await serve((socket) =>
      socket.on("data", (octets) => socket.write(`heard ${String(octets)}`)),
    );
    const connection = await dialled(server.port);
    const heard = listen(connection);
    connection.write("one ");
    connection.write(Buffer.from("two"));
    await heard.until("heard one two");
    assert.deepEqual(connection.remote, { address: "127.0.0.1", port: server.port });
    assert.equal(connection.local.address, "127.0.0.1");
    connection.destroy();
    assert.equal(await heard.closed, undefined);
  });

  test("speaks over a local socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "postern-dialer-"));
    const path = join(folder, "socket");
    const server = await serve((socket) => socket.end("hello"), { path });
    const dialling = await systemDialer.dial({ to: { path }, timeoutMs: 1000 });
    assert.ok(dialling.ok);
    const heard = listen(dialling.value);
    await heard.until("hello");
    assert.equal(dialling.value.remote.address, `unix:${path}`);
    await heard.closed;
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test("comes from the own address that is asked for", async () => {
    await using server = await serve((socket) => socket.end(String(socket.remoteAddress)));
    const dialling = await systemDialer.dial({
      to: { address: "127.0.0.1", port: server.port },
      from: "127.0.0.9",
      timeoutMs: 1000,
    });
    assert.ok(dialling.ok);
    await listen(dialling.value).until("127.0.0.9");
  });

  test("says why there is no connection", async () => {
    const server = await serve(() => undefined);
    const { port } = server;
    await server[Symbol.asyncDispose]();
    assert.deepEqual(await problem({ address: "127.0.0.1", port }), { code: "ECONNREFUSED" });
    assert.deepEqual(await problem({ path: "/nonexistent/socket" }), { code: "ENOENT" });
    assert.deepEqual(await problem({ address: "mx.example.test", port }), { code: "EINVAL" });
    assert.deepEqual(await problem({ address: "127.0.0.1", port: 70_000 }), { code: "EINVAL" });
  });

  test("gives up where nobody answers", async () => {
    // An address of documentation: silence, or no way to it at all.
    const never = await systemDialer.dial({ to: { address: "192.0.2.1", port: 25 }, timeoutMs: 50 });
    assert.ok(!never.ok);
    assert.match(never.problem.code, /^(?:TIMEOUT|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED)$/);
  });

  test("a server that does not take what is sent makes the writer wait", async () => {
    const { promise: taken, resolve: take } = Promise.withResolvers<Socket>();
    await using server = await serve((socket) => take(socket.pause()));
    const connection = await dialled(server.port);
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    listen(connection, { drained: resolve });
    let octets = 0;
    const block = Buffer.alloc(64 * 1024);
    while (connection.write(block)) octets += block.length;
    assert.ok(octets < 16 * 1024 * 1024);
    (await taken).resume();
    await drained;
    connection.destroy();
  });

  test("after our end what the server still says is heard", async () => {
    await using server = await serve((socket) => socket.on("end", () => socket.end("goodbye")));
    const connection = await dialled(server.port);
    const heard = listen(connection);
    connection.end();
    await heard.until("goodbye");
    await heard.closed;
  });

  test("does not read before it is started, nor while it is paused", async () => {
    await using server = await serve((socket) => socket.write("hello"));
    const connection = await dialled(server.port);
    await new Promise((resolve) => setTimeout(resolve, 30));
    connection.pause();
    const heard = listen(connection);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(heard.text, "");
    connection.resume();
    await heard.until("hello");
    connection.destroy();
  });

  test("a deadline passes whatever comes meanwhile", async () => {
    await using server = await serve((socket) => {
      const trickle = setInterval(() => socket.write("."), 5);
      socket.on("close", () => clearInterval(trickle));
    });
    const connection = await dialled(server.port);
    const heard = listen(connection, { timedOut: () => connection.destroy() });
    connection.setDeadline(40);
    await heard.closed;
  });

  test("a connection that breaks before anybody listens is told as closed", async () => {
    await using server = await serve((socket) => setTimeout(() => socket.resetAndDestroy(), 10));
    const connection = await dialled(server.port);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const code = await listen(connection).closed;
    assert.ok(code === "ECONNRESET" || code === undefined);
  });
});

async function dialled(port: number): Promise<OutgoingConnection> {
  const dialling = await systemDialer.dial({ to: { address: "127.0.0.1", port }, timeoutMs: 1000 });
  assert.ok(dialling.ok);
  return dialling.value;
}

async function problem(to: Parameters<typeof systemDialer.dial>[0]["to"]): Promise<unknown> {
  const dialling = await systemDialer.dial({ to, timeoutMs: 1000 });
  return dialling.ok ? "connected" : dialling.problem;
}

function listen(connection: OutgoingConnection, own: Partial<OutgoingHandler> = {}) {
  const { promise: closed, resolve } = Promise.withResolvers<string | undefined>();
  const heard = {
    text: "",
    closed,
    async until(text: string): Promise<void> {
      while (!heard.text.includes(text)) await new Promise((then) => setTimeout(then, 2));
    },
  };
  connection.start({
    octets: (octets) => {
      heard.text += Buffer.from(octets).toString("latin1");
    },
    drained: () => undefined,
    timedOut: () => undefined,
    closed: resolve,
    ...own,
  });
  return heard;
}

async function serve(
  accept: (socket: Socket) => void,
  where: { readonly path: string } | { readonly port: number } = { port: 0 },
): Promise<{ readonly port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", ...where }, resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
