import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { run } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Sends with swaks and looks for the same octets in Alice's folder. */
async function check(subject: string, from: string, port: number, options: readonly string[]): Promise<void> {
  const message = sampleMessage(subject).replace("sender@elsewhere.test", from);
  const file = join(server.folder, "message.eml");
  // swaks makes CRLF of line ends, stuffs dots, and ends the last line itself.
  writeFileSync(file, Buffer.from(message.replaceAll("\r\n", "\n").slice(0, -1), "latin1"));
  const target = ["--server", "localhost", "--port", `${port}`, "--from", from, "--to", alice.user];
  const { code, stdout, stderr } = await run("swaks", [...target, "--data", `@${file}`, ...options]);
  assert.equal(code, 0, stdout + stderr);
  assertArrived(await newest(server, alice), message, subject);
}

const trust = (): readonly string[] => ["--tls-verify", "--tls-ca-path", server.caFile];
const credentials = ["--auth", "PLAIN", "--auth-user", bob.user, "--auth-password", bob.password];

test("swaks delivers to the MX in the clear", async () => {
  await check("swaks clear", "sender@elsewhere.test", server.ports.mx, []);
});

test("swaks delivers to the MX behind STARTTLS", async () => {
  await check("swaks starttls", "sender@elsewhere.test", server.ports.mx, ["--tls", ...trust()]);
});

test("swaks submits as Bob behind STARTTLS", async () => {
  await check("swaks submission", bob.user, server.ports.submission, ["--tls", ...trust(), ...credentials]);
});

test("swaks submits as Bob inside TLS", async () => {
  await check("swaks submissions", bob.user, server.ports.submissions, [
    "--tls-on-connect",
    ...trust(),
    ...credentials,
  ]);
});

test("swaks submits as Bob with AUTH LOGIN", async () => {
  const login = ["--auth", "LOGIN", ...credentials.slice(2)];
  await check("swaks login", bob.user, server.ports.submissions, ["--tls-on-connect", ...trust(), ...login]);
});
