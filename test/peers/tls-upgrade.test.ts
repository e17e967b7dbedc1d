/** IMAP and POP3 listeners that begin in the clear: nothing said before TLS may count after it, and no password is taken. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { alice, type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** A connection in the clear whose greeting has come; collects what is said. */
async function open(port: number): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connectPlain({ host: "127.0.0.1", port });
  let text = "";
  socket.on("data", (octets) => {
    text += octets.toString("latin1");
  });
  socket.on("error", () => undefined);
  while (!text.includes("\r\n")) await sleep(5);
  text = "";
  return { socket, heard: () => text };
}

async function say(port: number, line: string, ends: RegExp): Promise<string> {
  const { socket, heard } = await open(port);
  socket.write(`${line}\r\n`);
  for (let count = 0; !ends.test(heard()) && !socket.closed; count += 1) {
    assert.ok(count < 1000, `${line}: no answer but ${heard()}`);
    await sleep(10);
  }
  socket.destroy();
  return heard();
}

/** Sends a command behind the one that starts TLS, in one segment. Its answer must never come. */
async function checkInjection(port: number, octets: string, injected: RegExp): Promise<string> {
  const { socket, heard } = await open(port);
  socket.write(octets);
  await sleep(300);
  assert.doesNotMatch(heard(), injected, "answered in the clear");
  if (socket.closed) return "dropped";
  socket.removeAllListeners("data");
  const inside = connectTls({ socket, ca: server.ca, servername: "localhost" });
  let text = "";
  inside.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  inside.on("error", () => undefined);
  await Promise.race([once(inside, "secureConnect"), once(inside, "close")]);
  await sleep(300);
  const closed = inside.destroyed;
  inside.destroy();
  assert.doesNotMatch(text, injected, "answered inside TLS");
  return closed ? "dropped in the handshake" : "never answered";
}

test("IMAP: a command behind STARTTLS is never answered", async (t) => {
  t.diagnostic(await checkInjection(server.ports.imap, "a1 STARTTLS\r\na2 CAPABILITY\r\n", /CAPABILITY IMAP|^a2 /m));
});

test("POP3: a command behind STLS is never answered", async (t) => {
  t.diagnostic(await checkInjection(server.ports.pop3, "STLS\r\nCAPA\r\n", /^SASL|^UIDL/m));
});

test("IMAP: no password is taken in the clear, and the server says so beforehand", async (t) => {
  const capabilities = await say(server.ports.imap, "a1 CAPABILITY", /^a1 OK/m);
  assert.match(capabilities, / LOGINDISABLED/);
  assert.match(capabilities, / STARTTLS/);
  assert.doesNotMatch(capabilities, / AUTH=/);
  const token = Buffer.from(`\0${alice.user}\0${alice.password}`).toString("base64");
  for (const line of [`a1 LOGIN ${alice.user} ${alice.password}`, `a1 AUTHENTICATE PLAIN ${token}`]) {
    const reply = await say(server.ports.imap, line, /^a1 /m);
    assert.match(reply, /^a1 NO \[PRIVACYREQUIRED\]/m);
    t.diagnostic(reply.trim());
  }
  assert.ok(!server.log().includes(alice.password) && !server.log().includes(token), "the password is in the log");
});

test("POP3: no user and no password is taken in the clear", async (t) => {
  const capabilities = await say(server.ports.pop3, "CAPA", /^\.\r\n/m);
  assert.match(capabilities, /^STLS\r$/m);
  assert.doesNotMatch(capabilities, /^(?:USER|SASL)/m);
  for (const line of [`USER ${alice.user}`, `AUTH PLAIN`, `PASS ${alice.password}`]) {
    const reply = await say(server.ports.pop3, line, /\r\n/);
    assert.match(reply, /^-ERR/);
    t.diagnostic(reply.trim());
  }
});
