/** Transcripts of the second look, when the message is there, with the real checks over a DNS that is a map. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { dmarc as found, policy, spf as spfOf } from "../../test/fakes/evidence.ts";
import { BUDGET_MS, FakeJudge, unsigned } from "../../test/fakes/judge.ts";
import { FakeReception, settled } from "../../test/fakes/reception.ts";
import { type FakeNames, FakeResolver } from "../../test/fakes/resolver.ts";
import { MESSAGE, NOW_SECONDS, SIGNED_ZONE, signed } from "../../test/fakes/signed-mail.ts";
import { authenticateMessage } from "../evidence/authentication-results/authenticate-message.ts";
import { ListWatch } from "../evidence/dnsbl/list-watch.ts";
import { dnsLists } from "../evidence/dnsbl/settings.ts";
import { checkSpf } from "../evidence/spf/check-spf.ts";
import { scanMessage } from "../mail/mime/scanner.ts";
import { messageChecks } from "../threads/message-checks.ts";
import { explain } from "../verdict/explain.ts";
import { samePolicy } from "../verdict/policies.ts";
import type { Policy } from "../verdict/policy.ts";
import { replay } from "../verdict/replay.ts";

const REJECT: FakeNames = { "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] } };
const QUARANTINE: FakeNames = { "_dmarc.example.com": { TXT: ["v=DMARC1; p=quarantine"] } };

interface World {
  readonly mx: FakeReception;
  readonly judge: FakeJudge;
}

function world(names: FakeNames, modes: Partial<Policy["modes"]> = {}): World {
  const mx = new FakeReception("smtp");
  const judge = new FakeJudge(mx, modes);
  const resolver = new FakeResolver(names);
  const time = { receiver: "mx.local.test", nowSeconds: NOW_SECONDS, resolver };
  judge.checks.spf = (envelope, deadlineMs) => checkSpf({ ...envelope, ...time, deadlineMs });
  judge.checks.authenticate = (message, spf, deadlineMs) =>
    authenticateMessage(message, { spf, trustedSealers: [], ...time, deadlineMs });
  return { mx, judge };
}

/** With links, lists and content, too. The lists have been seen to work. */
async function listing(names: FakeNames, modes: Partial<Policy["modes"]> = {}): Promise<World> {
  const tried = world({}, modes);
  const { clock, random } = tried.mx.dependencies;
  const resolver = new FakeResolver(names);
  const parsed = dnsLists(["surbl", "uribl"].map((profile) => ({ profile, key: "", kind: "uri", answers: {} })));
  assert.ok(parsed.ok);
  const lists = parsed.value;
  const guard = new ListWatch({ lists, resolver, resolverName: "", clock, random, onAlert: () => undefined });
  await guard.start();
  guard.stop();
  const settings = { dmarc: { trustedSealers: [] }, domains: [{ name: "local.test" }] };
  const { links, uriLists, content } = messageChecks({ settings, resolver, lists, guard, clock });
  Object.assign(tried.judge.checks, { links, uriLists, content });
  return tried;
}

async function send({ mx }: World, message: string, recipients = ["user@local.test"]): Promise<string> {
  const client = mx.connect();
  await client.envelope("a@bounce.example", ...recipients);
  await client.say("DATA");
  let answer = await client.send(`${message}\r\n.\r\n`);
  // Signatures may be checked in later turns.
  for (let turn = 0; answer === "" && turn < 100; turn++) answer = await client.hear();
  return answer;
}

suite("DMARC at the end of the message", () => {
  test("p=reject and no proof: 550 5.7.26 with the ID, nothing is kept, and the record explains it", async () => {
    const tried = world(REJECT);
    const answer = await send(tried, MESSAGE);
    assert.match(answer, /^550 5\.7\.26 Refused by dmarc: nothing proves that example\.com sent this/);
    const { record } = tried.judge;
    assert.ok(answer.endsWith(`(${record.id})`));
    assert.deepEqual([record.disposition, record.reasons[0], record.stage], ["reject", "dmarc-reject", "data"]);
    assert.deepEqual([tried.mx.deliveries.length, tried.mx.spool.open], [0, 0]);
    const page = explain(record);
    assert.ok(page.some((line) => line.includes("DMARC From alice@example.com: fail, policy reject")));
    assert.ok(page.some((line) => line.includes("the message proves that it is from example.com: accepted")));
  });

  test("mail in the name of one of our own domains is judged like any other, for a domain of a second MX too (R05)", async () => {
    for (const recipient of ["user@local.test", "user@relay.test"]) {
      const tried = world({ "_dmarc.local.test": { TXT: ["v=DMARC1; p=reject"] } });
      tried.mx.dependencies = { ...tried.mx.dependencies, otherNodes: { find: () => "exists" } };
      for (const author of ["user@local.test", "nobody-here@local.test"]) {
        const client = tried.mx.connect();
        await client.envelope(author, recipient);
        await client.say("DATA");
        const answer = await client.send(`From: <${author}>\r\nSubject: x\r\n\r\nx\r\n.\r\n`);
        assert.match(answer, /^550 5\.7\.26 Refused by dmarc: nothing proves that local\.test sent this/, recipient);
      }
      assert.equal(tried.mx.deliveries.length, 0);
    }
  });

  test("a signature of the author's domain passes, and the header says so above Received", async () => {
    const tried = world({ ...SIGNED_ZONE, ...REJECT });
    assert.match(await send(tried, await signed(MESSAGE)), /^250 /);
    const { stored } = tried.mx;
    assert.match(stored, /^Return-Path: <a@bounce\.example>\r\nAuthentication-Results: mx\.local\.test;/);
    assert.match(
      stored,
      /\r\nReceived-SPF: none\r\n\t\(bounce\.example [^)]+\)\r\n\treceiver=mx\.local\.test;[^]*?identity=mailfrom;\r\nX-Spam/,
    );
    assert.match(stored, /dkim=pass[^;]*header\.d=example\.com/);
    assert.match(stored, /dmarc=pass[^;]*header\.from=example\.com/);
    assert.ok(stored.indexOf("X-Spam-Status: No") < stored.indexOf("Received: "));
    assert.deepEqual(tried.mx.deliveries[0]?.index, scanMessage(Buffer.from(stored, "latin1")));
    assert.equal(tried.judge.record.evidence.dkim?.signatures[0]?.result, "pass");
  });

  test("what we take off and put in front is not what was signed", async () => {
    const tried = world({ ...SIGNED_ZONE, ...REJECT });
    const own = "X-Spam-Status: No\r\nAuthentication-Results: mx.local.test; dkim=fail\r\n";
    const message = await signed(own + MESSAGE, { fields: "From:Subject:X-Spam-Status" });
    assert.match(await send(tried, message), /^250 /);
    assert.doesNotMatch(tried.mx.stored, /dkim=fail/);
  });

  test("a changed body is refused", async () => {
    const tried = world({ ...SIGNED_ZONE, ...REJECT });
    assert.match(await send(tried, (await signed(MESSAGE)).replace("hungry", "thirsty")), /^550 5\.7\.26 /);
  });

  test("SPF of the author's domain passes", async () => {
    const tried = world({ ...REJECT, "example.com": { TXT: ["v=spf1 ip4:198.51.100.7 -all"] } });
    const client = tried.mx.connect();
    await client.envelope("x@example.com", "user@local.test");
    assert.match(await client.message(MESSAGE.replaceAll("\r\n", "\n")), /^250 /);
    assert.match(tried.mx.stored, /spf=pass[^;]*smtp\.mailfrom=example\.com/);
  });

  test("p=quarantine goes to Junk", async () => {
    const tried = world(QUARANTINE);
    assert.match(await send(tried, MESSAGE), /^250 /);
    assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, "junk");
    assert.match(tried.mx.stored, /X-Spam-Flag: YES/);
    assert.equal(tried.judge.record.disposition, "junk");
  });

  test("an error of the DNS never refuses: of the policy, of the key, of SPF", async () => {
    const failing = [
      [{ "_dmarc.example.com": "timed-out" }, MESSAGE],
      [{ ...REJECT, "s1._domainkey.example.com": "server-failure" }, await signed(MESSAGE)],
    ] as const;
    for (const [names, message] of failing) {
      const tried = world(names);
      assert.match(await send(tried, message), /^250 /);
      assert.equal(tried.judge.record.evidence.dmarc?.result, "temperror");
      assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, "inbox");
    }
    const tried = world({ ...REJECT, "example.com": { TXT: "timed-out" } });
    const client = tried.mx.connect();
    await client.envelope("x@example.com", "user@local.test");
    assert.match(await client.message(MESSAGE.replaceAll("\r\n", "\n")), /^250 /);
  });

  test("a stranger's zone that fails excuses nobody", async () => {
    const tried = world({ ...REJECT, "s1._domainkey.attacker.example": "timed-out" });
    assert.match(await send(tried, await signed(MESSAGE, { domain: "attacker.example" })), /^550 5\.7\.26 /);
  });

  test("shadow changes nothing and records everything; off asks nothing", async () => {
    const shadow = world(REJECT, { dmarc: "shadow" });
    assert.match(await send(shadow, MESSAGE), /^250 /);
    const { record } = shadow.judge;
    assert.deepEqual([record.disposition, record.evidence.dmarc?.result], ["accept", "fail"]);
    assert.doesNotMatch(shadow.mx.stored, /X-Spam-Flag/);
    const off = world(REJECT, { dmarc: "off", dkim: "off" });
    assert.match(await send(off, MESSAGE), /^250 /);
    assert.equal(off.judge.record.evidence.dmarc, null);
    assert.doesNotMatch(off.mx.stored, /Authentication-Results/);
  });

  test("postmaster alone is reached, in Junk; beside others it is no way in", async () => {
    const alone = world(REJECT);
    assert.match(await send(alone, MESSAGE, ["postmaster@local.test"]), /^250 /);
    assert.equal(alone.mx.deliveries[0]?.targets[0]?.folder, "junk");
    const both = world(REJECT);
    assert.match(await send(both, MESSAGE, ["postmaster@local.test", "user@local.test"]), /^550 5\.7\.26 /);
  });

  test("replay judges what the message brought, and records from before it", async () => {
    const tried = world(REJECT);
    await send(tried, MESSAGE);
    const { record } = tried.judge;
    const shadow = { ...policy(), modes: { ...policy().modes, dmarc: "shadow" } } as const;
    assert.deepEqual(replay(record, samePolicy(policy())), { kind: "same", disposition: "reject" });
    assert.equal(replay(record, samePolicy(shadow)).kind, "changed");
    const { dmarc: _, dkim: __, arc: ___, ...older } = record.evidence;
    const olderRecord = { ...record, evidence: older as typeof record.evidence };
    assert.equal(replay(olderRecord, samePolicy(policy())).kind, "changed");
    assert.ok(explain(olderRecord).length > 0);
  });
});

suite("links and content at the end of the message", () => {
  const PHISH: FakeNames = {
    "surbl-org-permanent-test-point.com.multi.surbl.org": { A: ["127.0.0.126"] },
    "test.uribl.com.multi.uribl.com": { A: ["127.0.0.14"] },
    "phish.example.multi.surbl.org": { A: ["127.0.0.8"] },
  };
  const BOTH: FakeNames = { ...PHISH, "phish.example.multi.uribl.com": { A: ["127.0.0.2"] } };
  const LETTER = MESSAGE.replace("are you hungry?", "see https://phish.example/login").replace(
    "14 Nov 2023",
    "1 Jan 2030",
  );

  test("a link that one list calls phishing goes to Junk, and the record shows where it stood", async () => {
    const tried = await listing(PHISH);
    assert.match(await send(tried, LETTER), /^250 /);
    assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, "junk");
    assert.match(tried.mx.stored, /X-Spam-Status: Yes, score=7\.5/);
    const page = explain(tried.judge.record);
    assert.ok(
      page.some((line) => line.includes("Link to phish.example: https://phish.example/login")),
      page.join("\n"),
    );
    assert.ok(page.includes("  uri_lists      +7.5"));
  });

  test("two lists that agree refuse it by the sum", async () => {
    const tried = await listing(BOTH);
    const answer = await send(tried, LETTER);
    assert.match(answer, /^55\d 5\.7\.1 Refused: score 15 of 15; uri_lists: phish\.example is listed by SURBL/);
    assert.ok(answer.endsWith(`(${tried.judge.record.id})`));
    assert.equal(tried.mx.spool.open, 0);
    assert.deepEqual(
      tried.judge.offences.map(({ kind }) => kind),
      ["spam"],
    );
    const shadow = { ...policy(), modes: { ...policy().modes, uri_lists: "shadow" } } as const;
    assert.equal(replay(tried.judge.record, samePolicy(shadow)).kind, "changed");
  });

  test("the link may stand far behind the beginning", async () => {
    const tried = await listing(BOTH);
    const padding = `${"x".repeat(70)}\r\n`.repeat(2000);
    assert.match(await send(tried, LETTER.replace("Hi  Bob", `${padding}Hi  Bob`)), /^55\d 5\.7\.1 /);
  });

  test("shadow changes nothing; off asks nothing; a DNS that fails is no listing", async () => {
    const shadow = await listing(BOTH, { uri_lists: "shadow" });
    assert.match(await send(shadow, LETTER), /^250 /);
    assert.equal(shadow.judge.record.verdict?.sum, 0);
    const off = await listing(BOTH, { uri_lists: "off", content: "off" });
    assert.match(await send(off, LETTER), /^250 /);
    assert.deepEqual([off.judge.record.evidence.urls, off.judge.record.evidence.uriLists], [null, null]);
    const failing = await listing({ ...PHISH, "phish.example.multi.surbl.org": "timed-out" });
    assert.match(await send(failing, LETTER), /^250 /);
    assert.equal(failing.judge.record.disposition, "accept");
  });

  test("an attachment that runs under two extensions goes to Junk, and never further by itself", async () => {
    const tried = await listing({});
    const mail = [
      "From: Alice <alice@example.com>",
      "Date: Tue, 14 Nov 2023 22:13:20 +0000",
      "Message-ID: <1@example.com>",
      "Content-Type: application/octet-stream; name=bill.pdf.exe",
      "Content-Disposition: attachment; filename=bill.pdf.exe",
      "",
      "MZ",
    ].join("\r\n");
    assert.match(await send(tried, mail), /^250 /);
    assert.equal(tried.judge.record.disposition, "junk");
    assert.ok(tried.judge.record.verdict?.reasons.includes("suspicious-file"));
  });
});

suite("the second look", () => {
  test("is heard by who keeps the health of lists, with the client's address", async () => {
    const tried = world({});
    await send(tried, MESSAGE);
    assert.deepEqual(tried.judge.messagesOf, ["198.51.100.7"]);
  });

  test("knows a forwarder by its name also where no rule is about names", async () => {
    for (const [name, expected] of [
      ["sender.example", /^250 /],
      ["other.example", /^550 5\.7\.26 /],
    ] as const) {
      const mx = new FakeReception("smtp");
      const knownForwarders = { networks: [], names: [name] };
      const judge = new FakeJudge(mx, { reverse_dns: "off", helo: "off" }, undefined, undefined, { knownForwarders });
      judge.checks.answers = { ...judge.checks.answers, authenticate: forged };
      const client = mx.connect();
      await client.envelope("a@sender.example", "user@local.test");
      assert.match(await client.message(MESSAGE.replaceAll("\r\n", "\n")), expected);
    }
  });

  test("what does not answer delays by the budget and refuses nobody", async () => {
    const { mx, judge } = judged(() => new Promise(() => undefined));
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    assert.equal(await client.message(MESSAGE.replaceAll("\r\n", "\n")), "");
    mx.clock.advance(BUDGET_MS);
    assert.match(await client.hear(), /^250 /);
    assert.equal(judge.record.evidence.dmarc, null);
  });

  test("what is broken counts for nothing", async () => {
    const { mx } = judged(() => Promise.reject(new Error("a bug")));
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    assert.match(await client.message("From: a@sender.example\nSubject: x\n\nx"), /^250 /);
    assert.ok(mx.log.lines.some(({ event }) => event === "check-broken"));
  });

  test("a client that leaves meanwhile leaves nothing behind", async () => {
    const { mx } = judged(() => new Promise(() => undefined));
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.message("From: a@sender.example\nSubject: x\n\nx");
    client.connection.leave();
    await settled();
    assert.deepEqual([mx.clock.pending, mx.spool.open, mx.deliveries.length], [0, 0, 0]);
  });

  test("a private address and one that hides others have no SPF: their mail is no forgery; its links are looked at", async () => {
    for (const address of ["10.1.2.3", "198.51.100.7"]) {
      const { mx, judge } = judged(() => Promise.resolve(unsigned(found("fail", "reject"))));
      judge.hiding.add("198.51.100.7");
      const client = mx.connect({ remote: { address, port: 4711 } });
      await client.envelope("a@sender.example", "user@local.test");
      assert.match(await client.message(MESSAGE.replaceAll("\r\n", "\n")), /^250 /);
      assert.equal(judge.record.evidence.dmarc, null);
      const { asked } = judge.checks;
      assert.deepEqual(
        [asked.includes("links of text"), asked.some((one) => one.startsWith("authenticate"))],
        [true, false],
      );
    }
  });

  test("users who log in are not looked at", async () => {
    const msa = new FakeReception("submission", { outbound: "held" });
    const judge = new FakeJudge(msa);
    judge.checks.answers = {
      ...judge.checks.answers,
      authenticate: () => Promise.resolve(unsigned(found("fail", "reject"))),
      spf: () => Promise.resolve(spfOf("fail")),
    };
    const user = msa.connect({ tls: FAKE_TLS });
    await user.logIn();
    await user.say("MAIL FROM:<alice@local.test>");
    await user.say("RCPT TO:<user@local.test>");
    assert.match(await user.message("From: alice@local.test\n\nx"), /^250 /);
    assert.deepEqual(judge.checks.asked, []);
    assert.doesNotMatch(msa.stored, /Authentication-Results/);
  });
});

function judged(authenticate: FakeJudge["checks"]["answers"]["authenticate"]): World {
  const mx = new FakeReception("smtp");
  const judge = new FakeJudge(mx);
  judge.checks.answers = { ...judge.checks.answers, authenticate };
  return { mx, judge };
}

function forged(): ReturnType<FakeJudge["checks"]["answers"]["authenticate"]> {
  return Promise.resolve(unsigned(found("fail", "reject")));
}
