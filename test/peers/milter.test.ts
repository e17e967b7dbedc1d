/** Mail that milters look at: rspamd, opendkim, and a small one that answers, hangs and breaks as it is told. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, suite, test } from "node:test";
import type { MilterEvidence } from "#evidence/scanners/evidence.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { RSA_RECORD, signed } from "../fakes/signed-mail.ts";
import { alertsAbout, type GateServer, idIn, recordsOf, startGateServer } from "./gate-server.ts";
import { newest, readFolder } from "./mail.ts";
import { type RunningMilter, type SmallMilter, startOpendkim, startRspamd, startSmallMilter } from "./milters.ts";
import { alice, bob } from "./server.ts";
import { SmtpClient, type SmtpReply } from "./smtp-client.ts";

const HOSTNAME = "mx.example.test";
const GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

let rspamd: RunningMilter;
let opendkim: RunningMilter;
let small: SmallMilter;
let filtered: GateServer;
/** With the small milter: one that waits for it, one that takes mail without it. */
let strict: GateServer;
let lenient: GateServer;

const table = (port: number, more = ""): string => `[[milter]]
at = "127.0.0.1:${port}"
timeout_ms = 5000
${more}
`;

before(async () => {
  [rspamd, opendkim, small] = await Promise.all([
    startRspamd(),
    startOpendkim("dkim.example.test", { "s1._domainkey.example.com": RSA_RECORD }),
    startSmallMilter(HOSTNAME),
  ]);
  filtered = await startGateServer({ settings: table(rspamd.port) + table(opendkim.port) });
  strict = await startGateServer({ settings: table(small.port, 'listeners = ["smtp", "submission"]') });
  lenient = await startGateServer({ settings: table(small.port, 'when_unavailable = "accept"') });
});

after(async () => {
  for (const server of [filtered, strict, lenient]) await server?.stop();
  for (const milter of [rspamd, opendkim, small]) await milter?.[Symbol.asyncDispose]();
});

let sent = 0;

function letter(subject: string, body = "hello"): Buffer {
  const header = `From: <someone@sender.example>\r\nSubject: ${subject}\r\nMessage-ID: <${++sent}@sender.example>\r\n`;
  return Buffer.from(`${header}\r\n${body}\r\n`, "latin1");
}

function letterFrom(author: string, subject: string): Buffer {
  return Buffer.from(letter(subject).toString("latin1").replace("someone@sender.example", author), "latin1");
}

async function send(
  server: GateServer,
  octets: Buffer,
  recipients: readonly string[] = [alice.user],
): Promise<SmtpReply> {
  const client = await SmtpClient.greet({ port: server.ports.mx }, "mail.sender.example");
  try {
    return await client.transaction("someone@sender.example", recipients, octets);
  } finally {
    client.close();
  }
}

async function recordOf(server: GateServer, reply: SmtpReply): Promise<DecisionRecord> {
  const [record] = await recordsOf(server, idIn(reply));
  assert.ok(record !== undefined);
  return record;
}

function milterOf({ evidence }: DecisionRecord): MilterEvidence {
  const [milter] = evidence.milters?.milters ?? [];
  assert.ok(milter !== undefined);
  return milter;
}

async function count(server: GateServer, folder = "INBOX"): Promise<number> {
  return (await readFolder(server, alice, folder)).length;
}

suite("rspamd", () => {
  test("what it refuses is refused, in its words", async () => {
    const refused = await send(filtered, letter("test", GTUBE));
    assert.match(refused.text, /^554 5\.7\.1 Refused by milter: Gtube pattern/);
    const record = await recordOf(filtered, refused);
    assert.deepEqual([record.disposition, record.reasons[0]], ["reject", "milter-reply"]);
  });

  test("what it wants to be marked is in Junk, with its field and ours", async () => {
    const taken = await send(filtered, letter("spammy"));
    assert.equal(taken.code, 250);
    const message = (await newest(filtered, alice, "Junk")).toString("latin1");
    assert.match(message, /^X-Spam: Yes\r$/m);
    assert.match(message, /^X-Spam-Flag: YES\r$/m);
    assert.match(await filtered.command(["why", idIn(taken)]), /says spam by X-Spam/);
  });

  test("what it wants to see later is deferred", async () => {
    assert.match((await send(filtered, letter("later"))).text, /^451 4\.7\.1 Deferred by milter: Try again later/);
  });

  test("what it has nothing against is taken", async () => {
    assert.equal((await send(filtered, letter("fine"))).code, 250);
    const message = (await newest(filtered, alice)).toString("latin1");
    assert.match(message, /^Subject: fine\r$/m);
    assert.doesNotMatch(message, /^X-Spam: /m);
  });

  test("status tells that both answer", async () => {
    const status = await filtered.command(["status"]);
    assert.equal([...status.matchAll(/^Milter +127\.0\.0\.1:\d+: milter protocol [26]$/gm)].length, 2, status);
  });
});

suite("opendkim", () => {
  test("its Authentication-Results, under another name than ours, are kept, and it finds the signature good", async () => {
    const message = letterFrom("alice@example.com", "signed").toString("latin1");
    // What is told must be the header to the octet.
    for (const canonicalization of ["relaxed/relaxed", "simple/simple"]) {
      const octets = Buffer.from(await signed(message, { canonicalization }), "latin1");
      assert.equal((await send(filtered, octets)).code, 250);
      const arrived = (await newest(filtered, alice)).toString("latin1");
      assert.match(arrived, /^Authentication-Results: dkim\.example\.test;\r\n\s+dkim=pass/m);
    }
  });
});

suite("a milter's answers", () => {
  test("a refusal, a temporary one, and a reply with a code", async () => {
    assert.match((await send(strict, letter("reject"))).text, /^550 5\.7\.1 Refused by milter: a filter refuses/);
    assert.match((await send(strict, letter("tempfail"))).text, /^451 4\.7\.1 Deferred by milter/);
    assert.match((await send(strict, letter("reply"))).text, /^550 5\.7\.99 Refused by milter: Not here \(/);
    assert.match((await send(strict, letter("slow down"))).text, /^451 4\.7\.1 Deferred by milter: Come back/);
    assert.equal((await send(strict, letter("patience"))).code, 250);
  });

  test("what it would discard or keep back is in quarantine: nothing that was taken is lost", async () => {
    for (const subject of ["discard", "quarantine"]) {
      const inbox = await count(strict);
      const taken = await send(strict, letter(subject));
      assert.equal(taken.code, 250);
      const record = await recordOf(strict, taken);
      assert.deepEqual([record.disposition, record.reasons[0]], ["quarantine", `milter-${subject}`]);
      assert.match(await strict.command(["quarantine", "list"]), new RegExp(idIn(taken)));
      assert.equal(await count(strict), inbox);
    }
  });

  test("its fields stand in the message, the first at the top; those that only we may write do not", async () => {
    await send(strict, letter("add"));
    assert.match((await newest(strict, alice)).toString("latin1"), /^X-Top: first\r\nX-Seen: yes\r\n(?:Received|X-)/m);
    const taken = await send(strict, letter("forge"));
    const message = (await newest(strict, alice)).toString("latin1");
    const [header = ""] = message.split("\r\n\r\n");
    assert.match(header, /^X-Folded: one\r\n\ttwo\r$/m);
    assert.match(header, /^Authentication-Results: other\.example; x-own=pass\r$/m);
    for (const forged of [
      "dmarc=pass",
      "score=-100",
      "X-Postern",
      "by nobody",
      "bank.example",
      "text/html",
      "X-Broken",
    ]) {
      assert.ok(!header.includes(forged), `${forged} in ${header}`);
    }
    const { result } = milterOf(await recordOf(strict, taken));
    assert.ok(result.kind === "decided");
    assert.equal(result.notTaken.length, 7);
  });

  test("changes that are not offered are not made", async () => {
    const taken = await send(strict, letter("change", "the same body"));
    assert.match((await newest(strict, alice)).toString("latin1"), /\r\n\r\nthe same body\r\n$/);
    assert.match(await strict.command(["why", idIn(taken)]), /not taken over/);
  });
});

suite("what a milter is told", () => {
  test("the real client behind a proxy, its name, the envelope, TLS, and the ID of the decision", async () => {
    const client = await SmtpClient.connect({ port: strict.behindProxy.mx });
    client.send("PROXY TCP4 198.51.100.77 192.0.2.1 40123 25\r\n");
    await client.expect(220);
    await client.say("EHLO mail.sender.example", 250);
    await client.startTls(strict.ca);
    const taken = await client.transaction("a@sender.example", [alice.user, bob.user], letter("told"));
    client.close();
    const told = await small.told("told");
    assert.deepEqual(told.client, ["[198.51.100.77]", "4", 40123, "198.51.100.77"]);
    assert.equal(told.helo, "client.test"); // said last, inside TLS
    assert.equal(told.sender, "<a@sender.example>");
    assert.deepEqual(told.recipients, [`<${alice.user}>`, `<${bob.user}>`]);
    assert.equal(told.macros["i"], idIn(taken));
    assert.equal(told.macros["{tls_version}"], "TLSv1.3");
    assert.equal(told.macros["{auth_authen}"], undefined);
    assert.deepEqual(Object.keys(told.fields), ["From", "Subject", "Message-ID"]);
  });

  test("who the user is, where it sees mail of users; there the sender hears what it says", async () => {
    const client = await SmtpClient.greet({ port: strict.ports.submissions, ca: strict.ca });
    await client.logIn(alice);
    assert.equal((await client.transaction(alice.user, [bob.user], letterFrom(alice.user, "from a user"))).code, 250);
    const { macros } = await small.told("from a user");
    assert.deepEqual([macros["{auth_type}"], macros["{auth_authen}"]], ["PLAIN", alice.user]);
    assert.equal((await client.transaction(alice.user, [bob.user], letterFrom(alice.user, "reject"))).code, 550);
    // It cannot be kept back from recipients elsewhere, so it is not taken.
    const refused = await client.transaction(alice.user, ["x@elsewhere.example"], letterFrom(alice.user, "quarantine"));
    assert.equal(refused.code, 550);
    client.close();
  });

  test("a large body in pieces of at most 64 KiB, all of it", async () => {
    const body = randomBytes(700_000).toString("base64").replaceAll(/.{76}/g, "$&\r\n");
    assert.equal((await send(strict, letter("large", body))).code, 250);
    const told = await small.told("large");
    assert.equal(told.body, body.length + 2);
    assert.ok(told.largest <= 65_535);
  });
});

suite("without the milter mail is deferred or taken, as the settings say, and never silently", () => {
  const large = randomBytes(200_000).toString("base64").replaceAll(/.{76}/g, "$&\r\n");
  for (const [subject, why, body] of [
    ["hang", "slow", ""],
    ["hang midway", "slow", large],
    ["crash", "crashed", ""],
    ["crash midway", "crashed", large],
    ["nonsense", "malformed", ""],
  ] as const) {
    test(`it does ${subject}`, async () => {
      for (const [server, code] of [
        [strict, 451],
        [lenient, 250],
      ] as const) {
        const answer = await send(server, letter(subject, body));
        assert.equal(answer.code, code, answer.text);
        const { result } = milterOf(await recordOf(server, answer));
        assert.equal(result.kind === "unavailable" ? result.why : result.kind, why);
        const [alert] = await alertsAbout(server, "scanner-unavailable", [`127.0.0.1:${small.port}`]);
        assert.match(alert?.text ?? "", code === 451 ? /mail is deferred/ : /mail is taken unscanned/);
        assert.match(server.log(), /"not-scanned"/);
      }
    });
  }

  test("it is not there", async () => {
    await small.kill();
    const deferred = await send(strict, letter("plain"));
    assert.match(deferred.text, /^451 4\.7\.1 Deferred by milter: the message could not be shown to a filter/);
    const taken = await send(lenient, letter("plain"));
    assert.equal(taken.code, 250);
    assert.match(await lenient.command(["why", idIn(taken)]), /did not look at it \(not-there: ECONNREFUSED\)/);
    const status = await strict.command(["status"]);
    assert.match(status, /NOT ANSWERING \(not-there: ECONNREFUSED\); mail is deferred/);
  });
});
