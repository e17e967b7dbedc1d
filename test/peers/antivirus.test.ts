/** Mail that clamd looks at: what it finds, what it does not, and what happens while it hangs, breaks or is not there. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { after, before, suite, test } from "node:test";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { Between, type Clamd, EICAR, EICAR_NAME, STREAM_OCTETS_MAX, startClamd, zipOf } from "./clamd.ts";
import { alertsAbout, alertsOf, type GateServer, idIn, recordsOf, soon, startGateServer } from "./gate-server.ts";
import { readFolder } from "./mail.ts";
import { alice } from "./server.ts";
import { SmtpClient, type SmtpReply } from "./smtp-client.ts";

/** Shorter than anybody waits, longer than a scan takes on a busy machine. */
const TIMEOUT_MS = 5000;

let clamd: Clamd;
let between: Between;
/** Servers that differ in what they do without a scanner. */
let deferring: GateServer;
let accepting: GateServer;

const settings = (whenUnavailable: string): string => `
[antivirus]
clamd = "127.0.0.1:${between.port}"
timeout_ms = ${TIMEOUT_MS}
when_unavailable = "${whenUnavailable}"
`;

before(async () => {
  clamd = await startClamd();
  between = await Between.open(clamd.port);
  // No list can be asked here, and the self-test would say so.
  const rules = { antivirus: "enforce", dnsbl: "off", uri_lists: "off" } as const;
  deferring = await startGateServer({ rules, settings: settings("defer") });
  accepting = await startGateServer({ rules, settings: settings("accept") });
});

after(async () => {
  await deferring?.stop();
  await accepting?.stop();
  between?.close();
  await clamd?.[Symbol.asyncDispose]();
});

let sent = 0;

/** A message with an attachment, under a subject of its own. */
function letter(name: string, attachment: Buffer): { readonly subject: string; readonly octets: Buffer } {
  const subject = `letter ${++sent}`;
  const lines = [
    "From: <someone@sender.example>",
    `Subject: ${subject}`,
    `Message-ID: <${sent}@sender.example>`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "See the attachment.",
    "--b",
    `Content-Type: application/octet-stream; name="${name}"`,
    "Content-Transfer-Encoding: base64",
    "",
    ...(attachment.toString("base64").match(/.{1,76}/g) ?? []),
    "--b--",
    "",
  ];
  return { subject, octets: Buffer.from(lines.join("\r\n"), "latin1") };
}

const clean = () => letter("notes.txt", Buffer.from("nothing but notes"));
/** Large enough to be in a file, and on its way for a while. */
const large = () => letter("picture.bin", randomBytes(600_000));
const infected = () => letter("test.com", Buffer.from(EICAR));

async function send(server: GateServer, { octets }: { readonly octets: Buffer }, to = alice.user): Promise<SmtpReply> {
  const client = await SmtpClient.greet({ port: server.ports.mx });
  try {
    return await client.transaction("someone@sender.example", [to], octets);
  } finally {
    client.close();
  }
}

async function subjects(server: GateServer): Promise<string> {
  const messages = await readFolder(server, alice);
  return messages.map((message) => /^Subject: (.*)\r$/m.exec(message.toString("latin1"))?.[1]).join(", ");
}

async function recordOf(server: GateServer, reply: SmtpReply): Promise<DecisionRecord> {
  const id = idIn(reply);
  const [record] = await recordsOf(server, id);
  assert.ok(record !== undefined);
  return record;
}

function said({ evidence }: DecisionRecord): string {
  const result = evidence.antivirus?.result;
  return result?.kind === "unavailable" ? result.why : (result?.kind ?? "not asked");
}

suite("a virus", () => {
  for (const [what, make] of [
    ["as an attachment", infected],
    ["in an archive", () => letter("test.zip", zipOf("test.com", Buffer.from(EICAR)))],
    ["behind a first field that no mail begins with", () => strange()],
  ] as const) {
    test(`${what} is refused with 550, by name and with the ID, and is nowhere`, async () => {
      const message = make();
      const refused = await send(deferring, message);
      assert.match(refused.text, /^550 5\.7\.1 Refused by antivirus: the message carries Postern\.Eicar-Test/);
      const record = await recordOf(deferring, refused);
      assert.deepEqual([record.disposition, record.reasons[0], said(record)], ["reject", "virus", "found"]);
      assert.ok((await deferring.command(["why", record.id])).includes(`${EICAR_NAME} found`));
      assert.ok(!(await subjects(deferring)).includes(message.subject));
    });
  }

  test("is refused for postmaster, too, whom no other rule keeps mail from", async () => {
    assert.equal((await send(deferring, infected(), "postmaster@example.test")).code, 550);
    assert.equal((await send(deferring, clean(), "postmaster@example.test")).code, 250);
  });

  test("from a user is refused as well, and the administrator is told whose it is", async () => {
    const client = await SmtpClient.greet({ port: deferring.ports.submissions, ca: deferring.ca });
    await client.logIn(alice);
    const refused = await client.transaction(alice.user, ["friend@elsewhere.example"], mailOf(alice.user));
    assert.equal(refused.code, 550);
    const record = await recordOf(deferring, refused);
    assert.deepEqual([record.judged, record.verdict?.rules.map(({ rule }) => rule)], ["authenticated", ["antivirus"]]);
    await alertsAbout(deferring, "virus-from-user", [alice.user]);
    assert.doesNotMatch(await deferring.command(["queue", "list"]), /friend@/);
    client.close();
  });

  test("is found in the self-test, which asks for more than an answer", async () => {
    assert.match(
      await deferring.command(["selftest"]),
      /^passed +virus scanner +127\.0\.0\.1:\d+ finds the test file/m,
    );
    assert.match(await deferring.command(["status"]), /^Antivirus +127\.0\.0\.1:\d+: ClamAV \d/m);
  });

  test("is not there in clean mail, small or large, which is taken", async () => {
    for (const message of [clean(), large()]) {
      const taken = await send(deferring, message);
      assert.equal(taken.code, 250);
      assert.equal(said(await recordOf(deferring, taken)), "clean");
      assert.ok((await subjects(deferring)).includes(message.subject));
    }
  });
});

function strange(): ReturnType<typeof letter> {
  const { subject, octets } = infected();
  return { subject, octets: Buffer.concat([Buffer.from("X-Odd: 1\r\n"), octets]) };
}

function mailOf(from: string): Buffer {
  return Buffer.from(
    infected()
      .octets.toString("latin1")
      .replace(/^From: .*$/m, `From: <${from}>`),
    "latin1",
  );
}

/** Sends to both; checks what each does, that it is seen, and that nothing is lost. */
async function withoutScanner(
  why: string,
  message: () => ReturnType<typeof letter>,
  meanwhile: () => void,
): Promise<void> {
  for (const [server, code] of [
    [deferring, 451],
    [accepting, 250],
  ] as const) {
    const one = message();
    meanwhile();
    const answer = await send(server, one);
    assert.equal(answer.code, code, answer.text);
    if (code === 451) assert.match(answer.text, /^451 4\.7\.1 Deferred by antivirus: the message could not be scanned/);
    const record = await recordOf(server, answer);
    assert.deepEqual([said(record), record.disposition], [why, code === 451 ? "defer" : "accept"]);
    const finding = record.verdict?.rules.find(({ rule }) => rule === "antivirus")?.findings[0];
    assert.equal(finding?.reason, "not-scanned");
    assert.match(await server.command(["why", record.id]), /did not look at it/);
    const [alert] = await alertsAbout(server, "scanner-unavailable", [`127.0.0.1:${between.port}`]);
    assert.match(alert?.text ?? "", code === 451 ? /mail is deferred/ : /mail is taken unscanned/);
    assert.match(server.log(), /"not-scanned"/);
    assert.equal((await subjects(server)).includes(one.subject), code === 250);
    // It comes again when the scanner is well.
    await clamd.kill();
    await clamd.start();
    assert.equal((await send(server, one)).code, 250);
    assert.ok((await subjects(server)).includes(one.subject));
    await soon(async () => {
      await send(server, clean());
      return (await alertsOf(server)).some(({ name }) => name === "scanner-unavailable") ? undefined : true;
    }, "the alert stands");
  }
}

suite("without the scanner mail is deferred or taken, as the settings say, and never silently", () => {
  test("it stops in the middle of a message", () =>
    withoutScanner("slow", large, () => between.midway(300_000, clamd.pause)));
  test("it is killed in the middle of a message", () =>
    withoutScanner("crashed", large, () => between.midway(300_000, () => void clamd.kill())));
  test("it takes connections and says nothing", () => withoutScanner("slow", clean, clamd.pause));
  test("a message is larger than it takes", async () => {
    const message = letter("large.bin", randomBytes(STREAM_OCTETS_MAX));
    const answer = await send(deferring, message);
    assert.equal(answer.code, 451);
    assert.equal(said(await recordOf(deferring, answer)), "too-large");
    const taken = await send(accepting, message);
    assert.equal(said(await recordOf(accepting, taken)), "too-large");
  });
});

suite("many messages at once", () => {
  test("share a bounded number of connections, and each is scanned", async () => {
    between.peak = 0;
    const replies = await Promise.all(Array.from({ length: 60 }, () => send(deferring, clean())));
    assert.deepEqual([...new Set(replies.map(({ code }) => code))], [250]);
    assert.ok(between.peak <= 8 * availableParallelism(), `${between.peak} connections at once`);
  });
});
