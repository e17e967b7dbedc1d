/** Reports that others send to a running server: delivered like any mail, and read by the command line. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { connectTo } from "./proxied-client.ts";
import { BOB, type RunningServer, startServer } from "./running-server.ts";

const REPORTER = "198.51.100.9";
const PATIENCE_MS = 20_000;
const SETTINGS = '[rules]\nreverse_dns = "shadow"\nhelo = "shadow"\ncontent = "shadow"\n';
const ZONE = {
  "receiver.test": { TXT: [`v=spf1 ip4:${REPORTER} -all`] },
  "_dmarc.receiver.test": { TXT: ["v=DMARC1; p=none"] },
};
const XML = `<feedback><report_metadata><org_name>Receiver</org_name><report_id>1</report_id>
<date_range><begin>1893456000</begin><end>1893542399</end></date_range></report_metadata>
<policy_published><domain>example.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.66</source_ip><count>12</count><policy_evaluated><disposition>none</disposition>
<dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record></feedback>`;
const BOUNCE = [
  "From: <MAILER-DAEMON@receiver.test>",
  "Subject: Undelivered",
  "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
  "",
  "--x",
  "Content-Type: message/delivery-status",
  "",
  "Reporting-MTA: dns; mx.receiver.test",
  "",
  "Final-Recipient: rfc822; carol@receiver.test",
  "Action: failed",
  "Status: 5.1.1",
  "",
  "--x--",
];

let server: RunningServer;
before(async () => {
  server = await startServer({ zone: ZONE, settings: SETTINGS });
});
after(() => server[Symbol.asyncDispose]());

async function send(mailFrom: string, to: string, lines: readonly string[], from = REPORTER): Promise<void> {
  await using client = await connectTo(server.ports.mx, { address: from });
  await client.line();
  await client.say("EHLO mx.receiver.test");
  await client.say(`MAIL FROM:<${mailFrom}>`);
  await client.say(`RCPT TO:<${to}>`);
  await client.say("DATA");
  assert.match(await client.say(`${lines.join("\r\n")}\r\n.`), /^250 /);
}

function aggregate(): readonly string[] {
  return [
    "From: <dmarc@receiver.test>",
    "Content-Type: application/gzip",
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="receiver.test!example.test!1893456000!1893542399.xml.gz"',
    "",
    gzipSync(Buffer.from(XML)).toString("base64").replace(/.{76}/g, "$&\r\n"),
  ];
}

interface Listed {
  readonly id: number;
  readonly kind: string;
  readonly isProven: boolean;
}

async function listed(count: number): Promise<readonly Listed[]> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { stdout } = await server.postern(["reports", "list", "--json"]);
    const { reports } = (JSON.parse(stdout) as { value: { reports: readonly Listed[] } }).value;
    if (reports.length >= count) return reports;
    assert.ok(performance.now() < untilMs, `${reports.length} of ${count} reports`);
    await sleep(200);
  }
}

suite("reports that others send", () => {
  test("are kept and summed up; twice is once, and forged ones and those for others do not count", async () => {
    await send("dmarc@receiver.test", "postmaster@example.test", aggregate());
    await send("dmarc@receiver.test", "postmaster@example.test", aggregate());
    await send("dmarc@receiver.test", BOB.user, aggregate());
    await send("", "postmaster@example.test", BOUNCE);
    await send("x@other.test", "postmaster@example.test", aggregate(), "198.51.100.66");
    const reports = await listed(3);
    assert.deepEqual(reports.map(({ kind, isProven }) => [kind, isProven]).toReversed(), [
      ["dmarc", true],
      ["bounce", false],
      ["dmarc", false],
    ]);
    const { stdout, code } = await server.postern(["reports", "show"]);
    assert.equal(code, 0);
    assert.match(stdout, /^2 reports of the last 30 days\.\n/);
    assert.match(stdout, /^DMARC of example\.test: 12 of 12 messages fail \(1 report\)$/m);
    assert.match(stdout, /^ {2}192\.0\.2\.66 +12 +12 +0 +0 {2}let 12$/m);
    assert.match(stdout, /^ {2} +1 {2}receiver\.test {2}failed {2}5\.1\.1$/m);
    assert.match(stdout, /^1 report of senders that are not proven/m);
  });

  test("are shown one by one, by kind and by domain", async () => {
    const first = (await listed(3)).at(-1);
    const one = await server.postern(["reports", "show", String(first?.id)]);
    assert.match(one.stdout, /^Sender +receiver\.test, proven$/m);
    const bounces = await server.postern(["reports", "list", "--kind", "bounce", "--domain", "Receiver.TEST"]);
    assert.match(
      bounces.stdout,
      /^ +\d+ {2}\S+ {2}bounce {2}receiver\.test by mx\.receiver\.test {2}1 of 1 failed\n1 report\./,
    );
    const wrong = [
      ["show", "999"],
      ["list", "--kind", "spam"],
      ["list", "--days", "0"],
    ];
    const codes = await Promise.all(wrong.map(async (words) => (await server.postern(["reports", ...words])).code));
    assert.deepEqual(codes, [1, 2, 2]);
  });

  test("are there after a restart", async () => {
    await server.halt();
    await server.start();
    assert.equal((await listed(3)).length, 3);
  });
});
