import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { suite, test } from "node:test";
import { systemDialer } from "../platform/net/dialer.ts";
import { LineProbe } from "./line-probe.ts";

/** What becomes of one answer of a server that does `serve` with each connection. */
async function check(serve: (socket: Socket) => void, expected: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const opened = await LineProbe.open(systemDialer, { address: "127.0.0.1", port });
  assert.ok(opened.ok);
  opened.value.start();
  const answer = await opened.value.answer((line) => !/^\d{3}-/.test(line), 1000);
  assert.equal(answer.ok ? answer.value.join("|") : answer.problem, expected);
  opened.value.destroy();
  server.close();
}

suite("an answer of a server that may be anything", () => {
  test("is read up to its last line", () =>
    check((socket) => socket.write("220-a\r\n220 b\r\n220 c\r\n"), "220-a|220 b"));
  test("that never ends its line is too much", () => check((socket) => socket.write("x".repeat(200_000)), "too-much"));
  test("of lines without end is too much, not a memory full of them", () =>
    check((socket) => {
      const line = "220-x\r\n".repeat(1000);
      const more = (): void => {
        if (!socket.destroyed) socket.write(line, () => setImmediate(more));
      };
      more();
    }, "too-much"));
  test("that does not come is a time-out", () => check(() => undefined, "timed-out"));
  test("of one who hangs up is over", () => check((socket) => socket.end(), "closed"));
});
