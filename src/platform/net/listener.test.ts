import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { connect as dialTls, type TLSSocket } from "node:tls";
import type { Accept, Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import { systemRandom } from "../system-random.ts";
import { CertificateSet } from "../tls/certificate-set.ts";
import { makeSelfSigned } from "../tls/self-signed.ts";
import { type ServerTls, secureContext, serverTls } from "../tls/server-tls.ts";
import { makeTicketKeys, TicketKeyRing } from "../tls/ticket-keys.ts";
import { normaliseAddress } from "./address.ts";
import { type Bind, type ListenerOptions, type Listening, listen } from "./listener.ts";

const LOOPBACK: Bind = { kind: "tcp", host: "127.0.0.1", port: 0, ipv6Only: false };

suite("listener", () => {
  test("an address has one form (R23)", () => {
    assert.equal(normaliseAddress("::ffff:192.0.2.5"), "192.0.2.5");
    assert.equal(normaliseAddress("::FFFF:192.0.2.5"), "192.0.2.5");
    assert.equal(normaliseAddress("2001:DB8::1"), "2001:db8::1");
    assert.equal(normaliseAddress("fe80::1%eth0"), "fe80::1");
    assert.equal(normaliseAddress("192.0.2.5"), "192.0.2.5");
  });

  test("hands octets both ways, replies of one turn in one packet", async () => {
    await using server = await open({ accept: echo });
    const client = dial({ port: server.port });
    client.write("hello");
    assert.equal(await firstOf(client), "you said hello");
    client.destroy();
  });

  test("closes a connection whose deadline passed, however often octets trickle in", async () => {
    await using server = await open({
      accept: (connection) => {
        connection.setDeadline(60);
        return handler({ timedOut: () => (connection.write("too slow"), connection.end()) });
      },
    });
    const client = dial({ port: server.port });
    const trickle = setInterval(() => client.write("."), 10);
    assert.equal(await allOf(client), "too slow");
    clearInterval(trickle);
  });

  test("a client that has said all it will has its answer, however late (FIN, and close_notify)", async () => {
    const tls = await testTls("smtp");
    await using plain = await open({ accept: answeringLate });
    const client = dial({ port: plain.port, allowHalfOpen: true });
    client.end("no more");
    assert.equal(await allOf(client), "late answer");
    await using secure = await open({ tls: "implicit", serverTls: tls, accept: answeringLate });
    const raw = dial({ port: secure.port, allowHalfOpen: true });
    const secured = dialTls({ socket: raw, rejectUnauthorized: false });
    secured.end("no more");
    assert.equal(await allOf(secured), "late answer");
  });

  test("a deadline that passes after the client's end still ends the connection, though the client reads nothing", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<string>();
    await using server = await open({
      accept: (connection) =>
        handler({
          octets: () => connection.write(Buffer.alloc(32 * 1024 * 1024)),
          inputEnded: () => connection.setDeadline(50),
          timedOut: () => connection.destroy(),
          closed: () => resolve("closed"),
        }),
    });
    const client = dial({ port: server.port, allowHalfOpen: true });
    client.end("much, please");
    client.pause();
    assert.equal(await closed, "closed");
    client.destroy();
  });

  test("a handshake or a PROXY header that ends half-way ends the connection", async () => {
    const tls = await testTls("imap");
    await using implicit = await open({ tls: "implicit", serverTls: tls, accept: echo });
    await using proxied = await open({ believesProxy: () => true, accept: nameOfClient });
    for (const { port } of [implicit, proxied]) {
      const client = dial({ port, allowHalfOpen: true });
      client.end(port === implicit.port ? Buffer.from([22, 3, 1, 1, 0, 1]) : "PROXY TCP4");
      assert.equal(await allOf(client), "");
    }
  });

  test("a handler that pauses at what came behind a PROXY header is not read to", async () => {
    const heard: string[] = [];
    let connected: Connection | undefined;
    await using server = await open({
      believesProxy: () => true,
      accept: (connection) => {
        connected = connection;
        return handler({
          octets: (octets) => {
            heard.push(text(octets));
            connection.pause();
          },
        });
      },
    });
    const client = dial({ port: server.port });
    client.write("PROXY TCP4 192.0.2.1 198.51.100.1 4711 25\r\none");
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.write("two");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(heard, ["one"]);
    connected?.resume();
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    client.destroy();
  });

  test("STARTTLS: facts of the handshake, and octets after it are protected", async () => {
    const tls = await testTls("smtp");
    await using server = await open({ tls: "starttls", serverTls: tls, accept: upgrading });
    const plain = dial({ port: server.port });
    plain.write("STARTTLS");
    await firstOf(plain);
    const secured = dialTls({ socket: plain, rejectUnauthorized: false });
    secured.write("hello");
    assert.match(await firstOf(secured), /^TLSv1\.3 hello/);
    secured.destroy();
  });

  test("clear text where the handshake should be ends the connection", async () => {
    const tls = await testTls("smtp");
    await using server = await open({ tls: "starttls", serverTls: tls, accept: upgrading });
    const plain = dial({ port: server.port });
    plain.write("STARTTLS");
    await firstOf(plain);
    plain.write("NOOP\r\nNOOP\r\n");
    assert.doesNotMatch(await allOf(plain), /NOOP/);
  });

  test("a client has its place before the handshake begins, and gives it back when none comes of it", async () => {
    const tls = await testTls("imap");
    const places: string[] = [];
    await using server = await open({
      tls: "implicit",
      serverTls: tls,
      accept: echo,
      arrive: () => {
        places.push("taken");
        return { kind: "comes-in", accept: () => handler({}), lost: () => places.push("lost") };
      },
    });
    const silent = dial({ port: server.port });
    while (places.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    silent.write("this is no handshake\r\n");
    await allOf(silent);
    assert.deepEqual(places, ["taken", "lost"]);
  });

  test("who is turned away hears nothing and costs no handshake", async () => {
    const tls = await testTls("imap");
    await using server = await open({
      tls: "implicit",
      serverTls: tls,
      accept: () => assert.fail("came in"),
      arrive: () => ({ kind: "turned-away" }),
    });
    await assert.rejects(secureDial(server.port, {}), /ECONNRESET|disconnected/i);
  });

  test("aborts the handshake when the client offers other protocols only (RFC 7301, ALPACA)", async () => {
    const tls = await testTls("imap");
    await using server = await open({ tls: "implicit", serverTls: tls, accept: echo });
    await assert.rejects(secureDial(server.port, { ALPNProtocols: ["http/1.1"] }), /alert|ECONNRESET|disconnected/i);
    const good = await secureDial(server.port, { ALPNProtocols: ["imap", "http/1.1"] });
    assert.equal(good.alpnProtocol, "imap");
    good.destroy();
    const silent = await secureDial(server.port, {});
    assert.equal(silent.alpnProtocol, false);
    silent.destroy();
  });

  test("serves the certificate that names the host asked for, the first one otherwise (R44)", async () => {
    const set = new CertificateSet(
      [
        await makeSelfSigned(["mail.example.test"], Date.now()),
        await makeSelfSigned(["imap.example.org", "*.example.net"], Date.now()),
      ],
      new TicketKeyRing(makeTicketKeys()),
    );
    const tls = serverTls((name) => set.contextFor(name), "imap");
    await using server = await open({ tls: "implicit", serverTls: tls, accept: echo });
    assert.equal(await servedName(server.port, "imap.example.org"), "imap.example.org");
    assert.equal(await servedName(server.port, "x.example.net"), "imap.example.org");
    assert.equal(await servedName(server.port, "unknown.example"), "mail.example.test");
    assert.equal(await servedName(server.port, ""), "mail.example.test");
    set.replace([await makeSelfSigned(["renewed.example.test"], Date.now())]);
    assert.equal(await servedName(server.port, "imap.example.org"), "renewed.example.test");
  });

  test("refuses TLS older than 1.2", async () => {
    const tls = await testTls("imap");
    await using server = await open({ tls: "implicit", serverTls: tls, accept: echo });
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await assert.rejects(secureDial(server.port, old));
    const good = await secureDial(server.port, { maxVersion: "TLSv1.2" });
    assert.equal(good.getProtocol(), "TLSv1.2");
    good.destroy();
  });

  test("refuses a renegotiation that the client begins", async () => {
    const tls = await testTls("imap");
    await using server = await open({ tls: "implicit", serverTls: tls, accept: echo });
    const client = await secureDial(server.port, { maxVersion: "TLSv1.2" });
    const refused = new Promise<Error | null>((resolve) => {
      client.on("error", resolve);
      client.renegotiate({ rejectUnauthorized: false }, resolve);
    });
    assert.match(String(await refused), /renegotiation/i);
    client.destroy();
  });

  test("reads the client's address from the PROXY header of a listed peer, and what came behind it (R19, R23)", async () => {
    await using server = await open({ believesProxy: () => true, accept: nameOfClient });
    const client = dial({ port: server.port });
    client.write("PROXY TCP4 192.0.2.1 198.51.100.1 4711 25\r\nEHLO");
    assert.equal(await firstOf(client), "192.0.2.1:4711 to 198.51.100.1:25 said EHLO");
    client.destroy();
  });

  test("reads a PROXY header in front of implicit TLS, cut anywhere", async () => {
    const tls = await testTls("imap");
    await using server = await open({
      believesProxy: () => true,
      tls: "implicit",
      serverTls: tls,
      accept: nameOfClient,
    });
    const plain = dial({ port: server.port });
    plain.write("PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 47");
    await new Promise((resolve) => setTimeout(resolve, 20));
    plain.write("11 993\r\n");
    const secured = dialTls({ socket: plain, rejectUnauthorized: false });
    secured.write("hello");
    assert.equal(await firstOf(secured), "192.0.2.1:4711 to 2001:db8::1:993 said hello");
    secured.destroy();
  });

  test("a listed peer without a good header is cut off: nobody knows who the client is", async () => {
    await using server = await open({ believesProxy: () => true, accept: nameOfClient });
    const client = dial({ port: server.port });
    client.write("EHLO attacker.test\r\n");
    assert.equal(await allOf(client), "");
  });

  test("a port in use is an error with its code", async () => {
    await using server = await open({ accept: echo });
    await assert.rejects(open({ accept: echo, bind: { ...LOOPBACK, port: server.port } }), { code: "EADDRINUSE" });
  });

  test("a socket file left by a killed server is replaced, one that answers is not", async () => {
    const directory = mkdtempSync(join(tmpdir(), "postern-listen-"));
    const bind: Bind = { kind: "unix", path: join(directory, "lmtp.sock") };
    const first = await open({ accept: echo, bind });
    await assert.rejects(open({ accept: echo, bind }), { code: "EADDRINUSE" });
    // A reload: the new one takes the place of the old one, whose end leaves it alone.
    const second = await open({ accept: echo, bind, takesOver: true });
    await first[Symbol.asyncDispose]();
    const client = dial({ path: join(directory, "lmtp.sock") });
    client.write("hello");
    assert.equal(await firstOf(client), "you said hello");
    client.destroy();
    await second[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(directory), []);
    rmSync(directory, { recursive: true });
  });
});

const echo: Accept = (connection) =>
  handler({
    octets: (octets) => {
      connection.write("you said ");
      connection.write(octets);
    },
  });

const answeringLate: Accept = (connection) =>
  handler({
    inputEnded: () => void setTimeout(() => (connection.write("late answer"), connection.end()), 30),
  });

const nameOfClient: Accept = (connection) =>
  handler({
    octets: (octets) => {
      const { remote, local } = connection;
      connection.write(`${remote.address}:${remote.port} to ${local.address}:${local.port} said ${text(octets)}`);
    },
  });

const upgrading: Accept = (connection) =>
  handler({
    octets: (octets) => {
      if (connection.tls !== undefined) return void connection.write(`${connection.tls.version} ${text(octets)}`);
      connection.write("go ahead");
      connection.startTls().catch(() => undefined);
    },
  });

const nothing = (): void => undefined;

function handler(parts: Partial<ConnectionHandler>): ConnectionHandler {
  return { octets: nothing, drained: nothing, timedOut: nothing, shutdown: nothing, closed: nothing, ...parts };
}

async function open({
  accept,
  ...options
}: Partial<ListenerOptions> & { accept: Accept }): Promise<{ port: number } & AsyncDisposable> {
  const connections = new Set<Connection>();
  const listening: Listening = await listen({
    bind: LOOPBACK,
    reusePort: false,
    tls: "none",
    serverTls: undefined,
    believesProxy: undefined,
    random: systemRandom,
    log: silentLog,
    ...options,
    arrive:
      options.arrive ??
      (() => ({
        kind: "comes-in",
        accept: (connection) => {
          connections.add(connection);
          return accept(connection);
        },
        lost: () => undefined,
      })),
  });
  return {
    port: listening.bind.kind === "tcp" ? listening.bind.port : 0,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy();
      await listening.close();
    },
  };
}

async function testTls(alpn: "smtp" | "imap"): Promise<ServerTls> {
  const context = secureContext(await makeSelfSigned(["localhost"], Date.now()));
  return serverTls(() => context, alpn);
}

function secureDial(port: number, options: object): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = dialTls({ port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("disconnected")));
  });
}

async function servedName(port: number, servername: string): Promise<string> {
  const socket = await secureDial(port, { servername });
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

function firstOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once("data", (octets: Buffer) => resolve(text(octets))));
}

function allOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let all = "";
    socket.on("data", (octets: Buffer) => (all += text(octets)));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(all));
  });
}

function text(octets: Uint8Array): string {
  return Buffer.from(octets).toString("latin1");
}

const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
