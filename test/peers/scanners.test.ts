/** What scanners that anybody may run against the server find: nmap's scripts and testssl.sh. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeCertificate } from "./certificate.ts";
import { freePorts } from "./ports.ts";
import { must, run } from "./process.ts";
import { type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
let httpsPort = 0;
let certificates: string;

/** With an ECDSA and an RSA certificate, of which each handshake takes one: each is a door of its own. */
before(async () => {
  certificates = mkdtempSync(join(tmpdir(), "postern-scanners-"));
  const pairs = (["ecdsa", "rsa"] as const).map((keyType) => {
    const folder = join(certificates, keyType);
    mkdirSync(folder);
    const { certificateFile, keyFile } = makeCertificate(folder, keyType);
    return `[[tls.certificate]]\ncertificate = "${certificateFile}"\nkey = "${keyFile}"`;
  });
  [httpsPort = 0] = await freePorts(1);
  server = await startServer({
    tls: ['[tls]\nsource = "files"', ...pairs].join("\n"),
    settings: `[[listener]]\nprotocol = "http"\nbind = "127.0.0.1:${httpsPort}"`,
  });
});
after(async () => {
  await server?.stop();
  rmSync(certificates, { recursive: true, force: true });
});

test("nmap knows the services and finds no relay, no plain login and no weak cipher on any port", async (t) => {
  const { mx, submission, submissions, imaps, pop3s, imap, pop3 } = server.ports;
  const scripts = "ssl-enum-ciphers,imap-capabilities,pop3-capabilities,smtp-commands,smtp-open-relay";
  const ports = [mx, submission, submissions, imaps, pop3s, imap, pop3, httpsPort];
  // nmap tells a service by its greeting, and runs each script only where it fits: the ports are not the usual ones.
  const scripted = ["--script", scripts, "--script-args", "smtp-open-relay.domain=victim.test"];
  const output = await must("nmap", ["-Pn", "-sT", "-sV", "-p", ports.join(","), ...scripted, "127.0.0.1"], {
    patienceMs: 240_000,
  });
  const lines = output
    .split("\n")
    .filter((line) => /^\d+\/tcp|least strength|open relay|AUTH=|LOGINDISABLED/i.test(line));
  for (const line of lines) t.diagnostic(line);
  for (const [port, service] of [
    [mx, "smtp"],
    [submission, "smtp"],
    [imaps, "imap"],
    [pop3s, "pop3"],
    [imap, "imap"],
    [pop3, "pop3"],
  ] as const)
    assert.match(output, new RegExp(`^${port}/tcp +open +(?:ssl/)?${service}`, "m"));
  assert.doesNotMatch(output, /Server is an open relay/);
  const strengths = [...output.matchAll(/least strength: (\w)/g)].map(([, strength]) => strength);
  assert.deepEqual(strengths, Array(ports.length).fill("A"));
  assert.doesNotMatch(output, /TLSv1\.[01]:|SSLv\d:/);
});

/** What the scanner looks at in our sort of server; the rest of its findings are about HTTP and about certificates that a real authority made. */
const findings =
  /^(?:SSLv2|SSLv3|TLS1|TLS1_1|heartbleed|CCS|ticketbleed|ROBOT|secure_renego|secure_client_renego|CRIME_TLS|POODLE_SSL|SWEET32|FREAK|DROWN|LOGJAM|BEAST|RC4|cipherlist_(?:NULL|aNULL|EXPORT|LOW|3DES_IDEA|OBSOLETED))$/;
const GRAVE = ["MEDIUM", "HIGH", "CRITICAL"];

// One port of each way into TLS: half a minute each, and what stands behind every port is the same.
for (const [listener, options] of [
  ["imaps", []],
  ["mx", ["-t", "smtp"]],
] as const) {
  test(`testssl.sh finds nothing on ${listener}, with an ECDSA and an RSA certificate`, async () => {
    const file = join(server.folder, `testssl-${listener}.json`);
    const checks = ["--protocols", "--std", "--vulnerable"];
    const report = ["--quiet", "--color", "0", "--warnings", "off", "--jsonfile", file];
    const target = `localhost:${server.ports[listener]}`;
    await run("testssl", [...checks, ...report, "--ip", "127.0.0.1", ...options, target], { patienceMs: 400_000 });
    const found = JSON.parse(readFileSync(file, "utf8")) as { id: string; severity: string; finding: string }[];
    const judged = found.filter(({ id }) => findings.test(id));
    assert.ok(judged.length > 15, `only ${judged.length} findings`);
    assert.deepEqual(
      judged.filter(({ severity }) => !["OK", "INFO"].includes(severity)),
      [],
    );
    assert.deepEqual(
      found.filter(({ severity }) => GRAVE.includes(severity)),
      [],
    );
  });
}
