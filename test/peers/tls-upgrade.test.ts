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
  const until = async (wanted: RegExp): Promise<void> => {
    for (let turn = 0; turn < 2000 && !wanted.test(text); turn++) await sleep(5);
    assert.match(text, wanted);
  };
  await until(/\r\n/);
  if (text.startsWith("220")) {
    socket.write("EHLO client.example\r\n");
    await until(/^250 /m);
  }
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

/** How octets come that stand behind the command which starts TLS. */
const WAYS = {
  "in one segment": (start: string, behind: string) => [start + behind],
  "in several segments": (start: string, behind: string) => [
    start.slice(0, -2),
    `\r\n${behind.slice(0, 3)}`,
    behind.slice(3),
  ],
  "with a bare newline": (start: string, behind: string) => [`${start.trimEnd()}\n${behind}`],
  "without an end of line": (start: string, behind: string) => [start + behind.trimEnd()],
} as const;

/** What is sent behind it. Each is answered in its own words, which must never come. */
const INJECTIONS = [
  ["mx", "STARTTLS\r\n", "NOOP\r\n", /^250 2\.0\.0 /m],
  ["mx", "STARTTLS\r\n", "EHLO injected.example\r\n", /^250-/m],
  ["mx", "STARTTLS\r\n", "MAIL FROM:<a@injected.example>\r\nRCPT TO:<alice@example.test>\r\n", /^250 2\.1\./m],
  ["submission", "STARTTLS\r\n", `AUTH PLAIN ${plainToken()}\r\n`, /^235 /m],
  ["submission", "STARTTLS\r\n", "QUIT\r\n", /^221 2\.0\.0/m],
  ["imap", "a1 STARTTLS\r\n", "a2 NOOP\r\n", /^a2 /m],
  ["imap", "a1 STARTTLS\r\n", "a2 CAPABILITY\r\n", /^a2 |CAPABILITY IMAP/m],
  ["imap", "a1 STARTTLS\r\n", `a2 LOGIN ${alice.user} ${alice.password}\r\n`, /^a2 /m],
  ["imap", "a1 STARTTLS\r\n", `a2 LOGIN {${alice.user.length}+}\r\n${alice.user} {3+}\r\nabc\r\n`, /^a2 /m],
  ["pop3", "STLS\r\n", "NOOP\r\n", /^\+OK(?!.*TLS)/m],
  ["pop3", "STLS\r\n", "CAPA\r\n", /^SASL|^UIDL/m],
  ["pop3", "STLS\r\n", `USER ${alice.user}\r\nPASS ${alice.password}\r\n`, /maildrop|messages/im],
] as const;

function plainToken(): string {
  return Buffer.from(`\0${alice.user}\0${alice.password}`).toString("base64");
}

/** Sends the pieces, goes into TLS where that is still possible, and hears what is said there without having asked anything. */
async function checkInjection(port: number, pieces: readonly string[], injected: RegExp): Promise<void> {
  const { socket, heard } = await open(port);
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(20);
  }
  await sleep(150);
  assert.doesNotMatch(heard(), injected, "answered in the clear");
  if (socket.closed) return;
  socket.removeAllListeners("data");
  const inside = connectTls({ socket, ca: server.ca, servername: "localhost" });
  let text = "";
  inside.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  inside.on("error", () => undefined);
  const settled = Promise.withResolvers<void>();
  inside.once("secureConnect", settled.resolve).once("close", settled.resolve);
  await Promise.race([settled.promise, sleep(1000)]);
  await sleep(150);
  inside.destroy();
  assert.doesNotMatch(text, injected, "answered inside TLS");
}

for (const [way, piecesOf] of Object.entries(WAYS)) {
  test(`what stands behind STARTTLS in the clear is never answered: ${way} (R47)`, async () => {
    for (const [listener, start, behind, injected] of INJECTIONS) {
      await checkInjection(server.ports[listener], piecesOf(start, behind), injected);
    }
  });
}

test("what comes in the clear after the answer to STARTTLS ends the connection", async () => {
  for (const [listener, start, behind, injected] of INJECTIONS) {
    const { socket, heard } = await open(server.ports[listener]);
    socket.write(start);
    for (let turn = 0; turn < 1000 && !/^(?:220 |a1 OK|\+OK)/m.test(heard()); turn++) await sleep(5);
    socket.write(behind);
    for (let turn = 0; turn < 300 && !socket.closed; turn++) await sleep(10);
    assert.ok(socket.closed, `${listener}: still open after ${behind}`);
    assert.doesNotMatch(heard(), injected);
  }
});

test("SMTP begins anew inside TLS: what was said before is forgotten (RFC 3207 §4.2)", async () => {
  const { socket, heard } = await open(server.ports.mx);
  socket.write("STARTTLS\r\n");
  for (let turn = 0; turn < 1000 && !/^220 /m.test(heard()); turn++) await sleep(5);
  socket.removeAllListeners("data");
  const inside = connectTls({ socket, ca: server.ca, servername: "localhost" });
  await once(inside, "secureConnect");
  inside.write("MAIL FROM:<a@client.example>\r\n");
  const [answer] = (await once(inside, "data")) as [Buffer];
  inside.destroy();
  assert.match(answer.toString("latin1"), /^503 /);
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
