import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { FakeLog } from "../../../test/fakes/log.ts";
import { type Listening, listen } from "../net/listener.ts";
import { systemRandom } from "../system-random.ts";
import { createHttpAccept, type Respond } from "./http-accept.ts";
import { BODY_OCTETS_MAX, HEADER_OCTETS_MAX } from "./limits.ts";

interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly log: FakeLog;
  shutdown(): void;
}

async function serve(respond: Respond): Promise<TestServer> {
  const log = new FakeLog();
  const accept = createHttpAccept({ respond, log });
  const handlers: ReturnType<typeof accept>[] = [];
  const listening: Listening = await listen({
    bind: { kind: "tcp", host: "127.0.0.1", port: 0, ipv6Only: false },
    reusePort: false,
    tls: "none",
    serverTls: undefined,
    believesProxy: undefined,
    random: systemRandom,
    log,
    arrive: () => ({
      kind: "comes-in",
      accept: (connection) => {
        const handler = accept(connection);
        handlers.push(handler);
        return handler;
      },
      lost: () => undefined,
    }),
  });
  return {
    port: listening.bind.kind === "tcp" ? listening.bind.port : 0,
    log,
    shutdown: () => {
      for (const handler of handlers) handler.shutdown();
    },
    [Symbol.asyncDispose]: () => listening.close(),
  };
}

const echo: Respond = async (request, { address, isSecure }) =>
  new Response(`${request.method} ${request.url} ${await request.text()} ${address} ${isSecure}`);

/** Everything the server says until it closes. */
function ask(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect({ port });
  for (const piece of pieces) socket.write(piece);
  return heard(socket);
}

function heard(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (octets: Buffer) => (text += octets.toString("latin1")));
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.on("close", () => resolve(text)));
}

const GET = "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n";

suite("HTTP over a listener", () => {
  test("answers, says who asks, and closes when asked to", async () => {
    await using server = await serve(echo);
    const answer = await ask(server.port, GET, "Connection: close\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /\r\n\r\nGET http:\/\/localhost\/a\?b=c {2}127\.0\.0\.1 false$/);
  });

  test("answers several requests on one connection, in order, and HEAD without a body", async () => {
    await using server = await serve(echo);
    const head = `HEAD /h HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const answer = await ask(server.port, `${GET}\r\n`, head, GET, "Connection: close\r\n\r\n");
    assert.equal(answer.match(/HTTP\/1\.1 200 OK\r/g)?.length, 3);
    assert.equal(answer.match(/GET http/g)?.length, 2);
    assert.doesNotMatch(answer, /HEAD http/);
  });

  test("a client that has closed its side has its answer", async () => {
    await using server = await serve(echo);
    const socket = connect({ port: server.port, allowHalfOpen: true });
    socket.end(`${GET}\r\n`);
    assert.match(await heard(socket), /GET http:\/\/localhost\/a/);
  });

  test("refuses what it does not speak: other methods, targets that move the border of the host, no Host, no HTTP", async () => {
    await using server = await serve(echo);
    const check = async (request: string, expected: RegExp): Promise<void> =>
      assert.match(await ask(server.port, request), expected);
    await check("DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 405 /);
    await check("GET http://evil/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400 /);
    await check("GET / HTTP/1.1\r\nHost: a@localhost\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400 /);
    await check("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400 /);
    await check("EHLO client.example\r\n\r\n", /^HTTP\/1\.1 400 /);
  });

  test("refuses a header and a body that are too long", async () => {
    await using server = await serve(echo);
    const long = `X-Long: ${"x".repeat(HEADER_OCTETS_MAX)}\r\n\r\n`;
    assert.match(await ask(server.port, GET, long), /^HTTP\/1\.1 431 /);
    const body = "x".repeat(BODY_OCTETS_MAX + 1);
    const post = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
    assert.match(await ask(server.port, post, body), /^HTTP\/1\.1 413 /);
  });

  test("a request with two lengths is refused (request smuggling, RFC 9112 §6.3)", async () => {
    await using server = await serve(echo);
    const both =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert.match(await ask(server.port, both), /^HTTP\/1\.1 400 /);
  });

  test("a bug is answered with 500 and no particulars, and is in the log", async () => {
    await using server = await serve(() => Promise.reject(new Error("secret place")));
    const answer = await ask(server.port, `${GET}\r\n`);
    assert.match(answer, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(answer, /secret/);
    assert.ok(server.log.lines.some(({ event }) => event === "http-request-failed"));
  });

  test("a server that drains finishes the open answer and closes", async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await using server = await serve(async () => {
      asked.resolve();
      await go.promise;
      return new Response("done");
    });
    const answer = ask(server.port, `${GET}\r\n`);
    await asked.promise;
    server.shutdown();
    go.resolve();
    assert.match(await answer, /connection: close[\s\S]*done$/i);
  });

  test("an answer larger than any buffer comes whole", async () => {
    await using server = await serve(async () => new Response("y".repeat(3_000_000)));
    const answer = await ask(server.port, GET, "Connection: close\r\n\r\n");
    assert.equal(answer.split("\r\n\r\n")[1]?.length, 3_000_000);
  });
});
