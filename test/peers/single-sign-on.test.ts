/** Users who log in with a token of a provider: real programs, over all three protocols. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { connectTo } from "../gate/proxied-client.ts";
import { makeCertificate } from "./certificate.ts";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { CLIENT, type OpenIdProvider, startOpenIdProvider } from "./openid-provider.ts";
import { must, run } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-sso-"));
let provider: OpenIdProvider;
let ca = "";

before(async () => {
  const { certificateFile, keyFile, caFile } = makeCertificate(folder);
  ca = caFile;
  const [cert, key] = [readFileSync(certificateFile, "utf8"), readFileSync(keyFile, "utf8")];
  provider = await startOpenIdProvider({ cert, key });
});
after(async () => {
  await provider?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Lists the inbox as curl does. */
function read(server: PosternServer, protocol: "imap" | "pop3", token: string, ...options: readonly string[]) {
  const port = server.ports[`${protocol}s`];
  const url = `${protocol}s://localhost:${port}/`;
  const words = ["-sS", "--cacert", server.caFile, "-u", `${alice.user}:`, "--oauth2-bearer", token, ...options];
  return run("curl", [...words, url]);
}

/** A line of the client and the server's answers, until the one that ends the exchange. */
async function oauthBearer(server: PosternServer, protocol: "imap" | "pop3" | "submission", token: string) {
  const port = { imap: server.ports.imaps, pop3: server.ports.pop3s, submission: server.ports.submissions }[protocol];
  await using client = await connectTo(port, { tls: true });
  await client.line();
  if (protocol === "submission") await client.say("EHLO client.test");
  const command = { imap: "a AUTHENTICATE", pop3: "AUTH", submission: "AUTH" }[protocol];
  const response = Buffer.from(`n,a=${alice.user},\x01auth=Bearer ${token}\x01\x01`).toString("base64");
  const heard = await client.say(`${command} OAUTHBEARER ${response}`);
  const [, challenge] = /^(?:\+|334) (.+)$/.exec(heard) ?? [];
  if (challenge === undefined) return { heard, challenge: undefined };
  return { heard: await client.say("AQ=="), challenge: Buffer.from(challenge, "base64").toString() };
}

const WRONG = { imap: /^a NO \[AUTHENTICATIONFAILED\]/, pop3: /^-ERR \[AUTH\]/, submission: /^535 5\.7\.8/ };
const LATER = { imap: /^a NO \[UNAVAILABLE\]/, pop3: /^-ERR \[SYS\/TEMP\]/, submission: /^454 4\.7\.0/ };

function good(): Promise<string> {
  return provider.token(alice.user, { scope: "openid mail" });
}

const PROTOCOLS = ["imap", "pop3", "submission"] as const;

suite("tokens that the provider has signed", () => {
  let server: PosternServer;
  before(async () => {
    const settings = `[oauth]\nissuer = "${provider.issuer}"\naudiences = ["mail"]\nca_file = "${ca}"\nscope = "mail"`;
    server = await startServer({ settings });
  });
  after(() => server?.stop());

  for (const [mechanism, ...options] of [["OAUTHBEARER"], ["XOAUTH2", "--login-options", "AUTH=XOAUTH2"]] as const) {
    test(`curl reads by IMAP and POP3 with ${mechanism}`, async () => {
      for (const protocol of ["imap", "pop3"] as const) {
        const { code, stderr } = await read(server, protocol, await good(), ...options);
        assert.equal(code, 0, stderr);
      }
    });

    test(`curl submits with ${mechanism}`, async () => {
      const message = sampleMessage(`by ${mechanism}`).replace("sender@elsewhere.test", bob.user);
      const file = join(folder, "message.eml");
      writeFileSync(file, Buffer.from(message, "latin1"));
      const token = await provider.token(bob.user, { scope: "mail" });
      const login = ["-u", `${bob.user}:`, "--oauth2-bearer", token, ...options];
      const envelope = ["--mail-from", bob.user, "--mail-rcpt", alice.user, "--upload-file", file];
      const url = `smtps://localhost:${server.ports.submissions}/client.test`;
      await must("curl", ["-sS", "--cacert", server.caFile, ...login, ...envelope, url]);
      assertArrived(await newest(server, alice), message);
    });
  }

  test("Python's imaplib and smtplib log in", async () => {
    const token = await good();
    const script = join(import.meta.dirname, "oauth-client.py");
    const { imaps, submissions } = server.ports;
    const said = await must("/usr/bin/python3", [
      script,
      `${imaps}`,
      `${submissions}`,
      server.caFile,
      alice.user,
      token,
    ]);
    assert.equal(said.trim(), "OK 235");
  });

  for (const protocol of PROTOCOLS) {
    test(`${protocol}: the token of another, of another service, of yesterday, and one that nobody signed are wrong`, async () => {
      const scope = { scope: "mail" };
      const [head, payload] = (await good()).split(".");
      for (const token of [
        await provider.token(bob.user, scope),
        await provider.token(alice.user, { ...scope, aud: "wiki" }),
        await provider.token(alice.user, { ...scope, exp: Date.now() / 1000 - 3600 }),
        `${head}.${payload}.${"A".repeat(342)}`,
      ]) {
        const { heard, challenge } = await oauthBearer(server, protocol, token);
        assert.match(heard, WRONG[protocol]);
        assert.match(challenge ?? "", /^\{"status":"invalid_token","scope":"mail","openid-configuration":"https:/);
      }
    });

    test(`${protocol}: a token without the scope hears what it lacks`, async () => {
      const { heard, challenge } = await oauthBearer(server, protocol, await provider.token(alice.user));
      assert.match(heard, WRONG[protocol]);
      assert.match(challenge ?? "", /"status":"insufficient_scope","scope":"mail"/);
    });
  }

  test("nothing of it is offered in clear", async () => {
    await using client = await connectTo(server.ports.imap, {});
    assert.doesNotMatch(await client.line(), /AUTH=/);
    assert.match(await client.say("a AUTHENTICATE OAUTHBEARER"), /^a NO \[PRIVACYREQUIRED\]/);
  });

  test("no token is in the log", async () => {
    assert.doesNotMatch(server.log(), /eyJ/);
  });
});

suite("tokens that the provider is asked about", () => {
  let server: PosternServer;
  before(async () => {
    const secret = join(folder, "secret");
    writeFileSync(secret, `${CLIENT.secret}\n`);
    const client = `client_id = "${CLIENT.id}"\nclient_secret_file = "${secret}"`;
    const settings = `[oauth]\nissuer = "${provider.issuer}"\nintrospection_url = "${provider.issuer}/introspect"\n${client}\naudiences = ["mail"]\nca_file = "${ca}"`;
    server = await startServer({ settings });
  });
  after(() => server?.stop());

  for (const protocol of PROTOCOLS) {
    test(`${protocol}: an active one opens, an inactive one is wrong, and a provider that is down means later`, async () => {
      const opens = { imap: /^a OK/, pop3: /^\+OK/, submission: /^235/ }[protocol];
      assert.match((await oauthBearer(server, protocol, provider.opaqueToken(alice.user))).heard, opens);
      const revoked = provider.opaqueToken(alice.user);
      provider.revoke(revoked);
      assert.match((await oauthBearer(server, protocol, revoked)).heard, WRONG[protocol]);
      const unseen = provider.opaqueToken(alice.user);
      provider.isDown = true;
      try {
        assert.match((await oauthBearer(server, protocol, unseen)).heard, LATER[protocol]);
      } finally {
        provider.isDown = false;
      }
      assert.match((await oauthBearer(server, protocol, unseen)).heard, opens);
    });
  }
});
