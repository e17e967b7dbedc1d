import assert from "node:assert/strict";
import { createServer as createPlainServer, type RequestListener } from "node:http";
import { createServer } from "node:https";
import { suite, test } from "node:test";
import { selfSigned } from "../../../test/fakes/certificates.ts";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import { systemClock } from "../system-clock.ts";
import { createHttpsClient } from "./https-get.ts";

const NAME = "mta-sts.peer.test";
const root = await selfSigned({ names: ["Root"], isAuthority: true });
const own = await root.issue({ names: [NAME] });
const other = await root.issue({ names: ["other.peer.test"] });

async function get(listener: RequestListener, certificate = own, timeoutMs = 2000, name = NAME): Promise<unknown> {
  const server = createServer({ cert: certificate.pem, key: certificate.keyPem }, listener);
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = createHttpsClient({
    resolver: new FakeResolver({ [NAME]: { A: ["127.0.0.1"] } }),
    clock: systemClock,
    authoritiesPem: root.pem,
    port: (server.address() as { port: number }).port,
  });
  const page = await client.get({ url: `https://${name}/.well-known/x`, timeoutMs, octetsMax: 100 });
  server.closeAllConnections();
  server.close();
  return page.ok ? page.value : page.problem.kind;
}

suite("pages over HTTPS", () => {
  test("are read, with status and media type", async () => {
    const page = await get((request, response) => {
      response.writeHead(200, { "content-type": "Text/Plain; charset=utf-8" });
      response.end(`${request.headers.host} ${request.url}`);
    });
    assert.deepEqual(page, { status: 200, mediaType: "text/plain", text: `${NAME} /.well-known/x` });
  });

  test("a redirection is an answer, and not followed", async () => {
    const page = await get((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    assert.deepEqual(page, { status: 302, mediaType: "", text: "" });
  });

  test("a certificate of another name is not believed", async () => {
    assert.equal(await get((_request, response) => response.end("x"), other), "not-trusted");
    assert.equal(
      await get((_request, response) => response.end("x"), await selfSigned({ names: [NAME] })),
      "not-trusted",
    );
  });

  test("a page beyond the bound, one that never ends, and a name without an address are problems", async () => {
    assert.equal(await get((_request, response) => response.end("x".repeat(101))), "too-large");
    assert.equal(await get((_request, response) => void response.write("x"), own, 100), "timed-out");
    assert.equal(await get(() => undefined, own, 100, "gone.peer.test"), "no-address");
  });

  test("a form is posted, with its credentials, to the port and query of its URL; to this machine in clear, too", async () => {
    const heard: string[] = [];
    const listener: RequestListener = (request, response) => {
      let body = "";
      request.on("data", (piece: Buffer) => {
        body += piece.toString();
      });
      request.on("end", () => {
        heard.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        response.end("{}");
      });
    };
    const octets = Buffer.from("a=b&c=%20");
    const wanted = {
      mediaType: "application/x-www-form-urlencoded",
      octets,
      authorization: "Basic eDp5",
      timeoutMs: 2000,
      octetsMax: 100,
    };
    const servers = [createServer({ cert: own.pem, key: own.keyPem }, listener), createPlainServer(listener)] as const;
    const clients = { resolver: new FakeResolver({ [NAME]: { A: ["127.0.0.1"] } }), clock: systemClock };
    const client = createHttpsClient({ ...clients, authoritiesPem: root.pem });
    for (const [index, server] of servers.entries()) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const url = index === 0 ? `https://${NAME}:${port}/x?y=z` : `http://127.0.0.1:${port}/x?y=z`;
      assert.ok((await client.post({ ...wanted, url })).ok);
      server.closeAllConnections();
      server.close();
    }
    assert.deepEqual(heard, Array(2).fill("POST /x?y=z Basic eDp5 a=b&c=%20"));
  });

  test("something is handed in as it is, with its type and query", async () => {
    const server = createServer({ cert: own.pem, key: own.keyPem }, (request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const { method, url, headers } = request;
        response.end(`${method} ${url} ${headers["content-type"]} ${Buffer.concat(pieces).toString("hex")}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = createHttpsClient({
      resolver: new FakeResolver({ [NAME]: { A: ["127.0.0.1"] } }),
      clock: systemClock,
      authoritiesPem: root.pem,
      port: (server.address() as { port: number }).port,
    });
    const octets = Buffer.from([0, 255, 10]);
    const request = { url: `https://${NAME}/r?x=1`, timeoutMs: 2000, octetsMax: 100, mediaType: "a/b", octets };
    const answer = await client.post(request);
    server.closeAllConnections();
    server.close();
    assert.equal(answer.ok && answer.value.text, "POST /r?x=1 a/b 00ff0a");
  });

  test("nothing is handed in to an address of our own network, whatever name leads there", async () => {
    const embedded = ["64:ff9b::7f00:1", "2002:7f00:1::1", "::7f00:1"];
    for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", ...embedded]) {
      const type = address.includes(":") ? "AAAA" : "A";
      const resolver = new FakeResolver({ [NAME]: { [type]: [address] } });
      const client = createHttpsClient({ resolver, clock: systemClock });
      const publicOnly = true;
      const request = {
        timeoutMs: 200,
        octetsMax: 100,
        mediaType: "a/b",
        octets: Buffer.alloc(1),
        publicOnly,
      } as const;
      const named = await client.post({ ...request, url: `https://${NAME}/` });
      const literal = await client.post({ ...request, url: `https://${type === "A" ? address : `[${address}]`}/` });
      assert.deepEqual(
        [named.ok || named.problem.kind, literal.ok || literal.problem.kind],
        ["no-address", "no-address"],
      );
    }
  });
});
