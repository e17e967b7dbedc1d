/** Users who log in with a certificate: real programs, over all three protocols. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { selfSigned, type TestCertificate } from "../fakes/certificates.ts";
import { soon } from "./gate-server.ts";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { must, run } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

const PROTOCOLS = ["imap", "pop3", "submission"] as const;
type Protocol = (typeof PROTOCOLS)[number];

const folder = mkdtempSync(join(tmpdir(), "postern-certificates-"));
const crl = join(folder, "users.crl");
const root = await selfSigned({ names: ["Users"], isAuthority: true });
const issue = (name: string, email: string): Promise<TestCertificate> => root.issue({ names: [name], emails: [email] });
const people = {
  alice: await issue("alice", alice.user),
  bob: await issue("bob", bob.user),
  leaver: await issue("leaver", alice.user),
  late: await root.issue({ names: ["late"], emails: [alice.user], expired: true }),
  stranger: await selfSigned({ names: ["stranger"], emails: [alice.user] }),
};
type Person = keyof typeof people;

let server: PosternServer;
before(async () => {
  for (const [name, { pem, keyPem }] of Object.entries(people)) {
    writeFileSync(join(folder, `${name}.pem`), pem);
    writeFileSync(join(folder, `${name}.key`), keyPem);
  }
  writeFileSync(join(folder, "users.pem"), root.pem);
  writeFileSync(crl, await root.revoke([]));
  const settings = `[client_certificates]\nca_file = "${join(folder, "users.pem")}"\ncrl_file = "${crl}"`;
  server = await startServer({ settings });
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** curl logs in with a certificate alone, and says for whom. */
function external(protocol: Protocol, person: Person, user: string, more: readonly string[] = []) {
  const port = { imap: server.ports.imaps, pop3: server.ports.pop3s, submission: server.ports.submissions }[protocol];
  const url = `${protocol === "submission" ? "smtp" : protocol}s://localhost:${port}/`;
  const identity = ["--cert", join(folder, `${person}.pem`), "--key", join(folder, `${person}.key`)];
  const login = ["-u", `${user}:`, "--login-options", "AUTH=EXTERNAL"];
  return run("curl", ["-sSv", "--cacert", server.caFile, ...identity, ...login, ...more, url]);
}

/** The names of the mechanisms that a client with this certificate, or none, is offered. */
async function offered(protocol: Protocol, person: Person | undefined, starttls = false): Promise<string> {
  const script = join(import.meta.dirname, "external-client.py");
  const { imaps, pop3s, submissions, imap, pop3, submission } = server.ports;
  const port = starttls ? { imap, pop3, submission } : { imap: imaps, pop3: pop3s, submission: submissions };
  const identity = person === undefined ? [] : [join(folder, `${person}.pem`), join(folder, `${person}.key`)];
  const words = [script, protocol, starttls ? "starttls" : "tls", `${port[protocol]}`, server.caFile, ...identity];
  return must("/usr/bin/python3", words);
}

suite("certificates of users", () => {
  for (const protocol of PROTOCOLS) {
    test(`${protocol}: curl logs in with its certificate, for the account that it names`, async () => {
      const { code, stderr } = await external(protocol, "alice", alice.user);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /EXTERNAL/);
    });

    test(`${protocol}: not for another account`, async () => {
      const { code, stderr } = await external(protocol, "bob", alice.user);
      assert.notEqual(code, 0);
      assert.match(stderr, /AUTHENTICATIONFAILED|\[AUTH\]|535 5\.7\.8/);
    });

    test(`${protocol}: Python is offered EXTERNAL with a good certificate alone, and logs in without a name`, async () => {
      for (const starttls of [false, true]) {
        assert.match(await offered(protocol, "alice", starttls), /EXTERNAL.*\nin: /s);
        for (const person of [undefined, "late", "stranger"] as const) {
          const said = await offered(protocol, person, starttls);
          assert.match(said, /PLAIN/);
          assert.doesNotMatch(said, /EXTERNAL/);
        }
      }
    });
  }

  test("curl submits mail", async () => {
    const message = sampleMessage("by certificate").replace("sender@elsewhere.test", bob.user);
    const file = join(folder, "message.eml");
    writeFileSync(file, Buffer.from(message, "latin1"));
    const envelope = ["--mail-from", bob.user, "--mail-rcpt", alice.user, "--upload-file", file];
    const { code, stderr } = await external("submission", "bob", bob.user, envelope);
    assert.equal(code, 0, stderr);
    assertArrived(await newest(server, alice), message);
  });

  test("a revoked one is refused soon after the list has changed, without a restart", async () => {
    assert.match(await offered("imap", "leaver"), /EXTERNAL/);
    writeFileSync(crl, await root.revoke([people.leaver]));
    // The files are read every 20 s.
    for (let looks = 0; looks < 3; looks++) {
      const isGone = soon(
        async () => (/EXTERNAL/.test(await offered("imap", "leaver")) ? undefined : true),
        "the revoked certificate is still taken",
      );
      if (await isGone.catch(() => false)) break;
    }
    assert.doesNotMatch(await offered("imap", "leaver"), /EXTERNAL/);
    assert.match(await offered("imap", "alice"), /EXTERNAL/);
    assert.match(
      server.log(),
      /"client-certificate-not-believed"[^\n]*CERT_REVOKED|CERT_REVOKED[^\n]*client-certificate-not-believed/,
    );
  });

  test("other servers are not asked for a certificate on the MX", async () => {
    const words = [
      "s_client",
      "-starttls",
      "smtp",
      "-connect",
      `localhost:${server.ports.mx}`,
      "-CAfile",
      server.caFile,
    ];
    const { stdout } = await run("openssl", words, { input: "QUIT\r\n" });
    assert.match(stdout, /No client certificate CA names sent/);
    const asked = ["s_client", "-connect", `localhost:${server.ports.imaps}`, "-CAfile", server.caFile];
    assert.match(
      (await run("openssl", asked, { input: "a LOGOUT\r\n" })).stdout,
      /Acceptable client certificate CA names\nCN = Users/,
    );
  });
});
