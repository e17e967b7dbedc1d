/** What scanners that anybody may run against the server find: nmap's scripts and testssl.sh. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { must, run } from "./process.ts";
import { type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test("nmap knows the services and finds no relay, no plain login and no weak cipher", async (t) => {
  const { mx, submissions, imaps, pop3s } = server.ports;
  const scripts = "ssl-enum-ciphers,imap-capabilities,pop3-capabilities,smtp-commands,smtp-open-relay";
  const ports = [mx, submissions, imaps, pop3s].join(",");
  // nmap tells a service by its greeting, and runs each script only where it fits: the ports are not the usual ones.
  const scripted = ["--script", scripts, "--script-args", "smtp-open-relay.domain=victim.test"];
  const output = await must("nmap", ["-Pn", "-sT", "-sV", "-p", ports, ...scripted, "127.0.0.1"], {
    patienceMs: 240_000,
  });
  const lines = output
    .split("\n")
    .filter((line) => /^\d+\/tcp|least strength|open relay|AUTH=|LOGINDISABLED/i.test(line));
  for (const line of lines) t.diagnostic(line);
  for (const [port, service] of [
    [mx, "smtp"],
    [imaps, "imap"],
    [pop3s, "pop3"],
  ] as const)
    assert.match(output, new RegExp(`^${port}/tcp +open +(?:ssl/)?${service}`, "m"));
  assert.doesNotMatch(output, /Server is an open relay/);
  const strengths = [...output.matchAll(/least strength: (\w)/g)].map(([, strength]) => strength);
  assert.deepEqual(strengths, ["A", "A", "A", "A"]);
});

const findings =
  /^(?:SSLv2|SSLv3|TLS1|TLS1_1|heartbleed|CCS|ticketbleed|ROBOT|secure_renego|secure_client_renego|CRIME_TLS|POODLE_SSL|SWEET32|FREAK|DROWN|LOGJAM|BEAST|RC4|cipherlist_(?:NULL|aNULL|EXPORT|LOW|3DES_IDEA|OBSOLETED))$/;

for (const [listener, options] of [
  ["imaps", []],
  ["submissions", []],
  ["mx", ["-t", "smtp"]],
] as const) {
  test(`testssl.sh finds nothing broken on ${listener}`, async () => {
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
  });
}
