import assert from "node:assert/strict";
import { createServer, connect as dial, type Server } from "node:net";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { type HandshakeFailure, handshakeFailure } from "./handshake-failure.ts";
import { makeSelfSigned } from "./self-signed.ts";
import { secureContext, serverTls } from "./server-tls.ts";

let server: Server;
let failed: (failure: HandshakeFailure) => void = () => undefined;
before(async () => {
  const context = secureContext(await makeSelfSigned(["localhost"], Date.now()));
  const tls = serverTls(() => context, "smtp");
  server = createServer((raw) => {
    const socket = new TLSSocket(raw, tls.socketOptions());
    socket.on("error", (error) => failed(handshakeFailure(error)));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => server.close());

async function check(come: (port: number) => unknown, expected: HandshakeFailure): Promise<void> {
  const seen = new Promise<HandshakeFailure>((resolve) => (failed = resolve));
  come((server.address() as { port: number }).port);
  assert.equal(await seen, expected);
}

function client(options: ConnectionOptions): (port: number) => void {
  return (port) => void connect({ port, host: "127.0.0.1", ...options }).on("error", () => undefined);
}

const trusting = { rejectUnauthorized: false };

test("a client that is too old", () =>
  check(
    client({ ...trusting, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
    "version-too-old",
  ));

test("a client without a cipher in common (R46)", () =>
  check(client({ ...trusting, maxVersion: "TLSv1.2", ciphers: "AES128-SHA" }), "no-shared-cipher"));

test("a client of another protocol (ALPACA)", () =>
  check(client({ ...trusting, ALPNProtocols: ["http/1.1"] }), "other-protocol"));

test("a client without TLS", () =>
  check(
    (port) =>
      dial({ port })
        .on("error", () => undefined)
        .write("EHLO client.example\r\n"),
    "not-tls",
  ));

test("what has no word is other", () => assert.equal(handshakeFailure(new Error("?")), "other"));
