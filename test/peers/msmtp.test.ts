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

async function check(subject: string, port: number, settings: readonly string[]): Promise<void> {
  const file = join(server.folder, "msmtprc");
  const account = ["account default", "host localhost", `port ${port}`, `from ${bob.user}`, `user ${bob.user}`];
  const tls = ["tls on", `tls_trust_file ${server.caFile}`, `password ${bob.password}`];
  writeFileSync(file, `${[...account, ...tls, ...settings].join("\n")}\n`, { mode: 0o600 });
  const message = sampleMessage(subject).replace("sender@elsewhere.test", bob.user);
  const input = Buffer.from(message.replaceAll("\r\n", "\n"), "latin1");
  const { code, stdout, stderr } = await run("msmtp", ["-C", file, alice.user], { input });
  assert.equal(code, 0, stdout + stderr);
  assertArrived(await newest(server, alice), message);
}

for (const mechanism of ["plain", "login"]) {
  test(`msmtp submits behind STARTTLS with AUTH ${mechanism}`, async () => {
    await check(`msmtp starttls ${mechanism}`, server.ports.submission, [`auth ${mechanism}`]);
  });
}

test("msmtp submits inside TLS with the mechanism it likes best", async () => {
  await check("msmtp tls", server.ports.submissions, ["tls_starttls off", "auth on"]);
});
