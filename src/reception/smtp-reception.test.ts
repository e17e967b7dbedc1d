import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { FakeReception } from "../../test/fakes/reception.ts";

const SECURED = { tls: FAKE_TLS };

suite("reception: a message from another server", () => {
  test("is stored with its trace fields, and 250 names it (RFC 5321 §4.4)", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    assert.equal(await client.hear(), "220 mx.local.test ESMTP Postern");
    await client.envelope("a@sender.example", "user@local.test");
    assert.match(await client.message("From: a@sender.example\n\nHello"), /^250 2\.0\.0 Accepted as \w{26}$/);
    assert.equal(
      mx.stored.replace(/id \w{26}/, "id ID"),
      [
        "Return-Path: <a@sender.example>",
        "Received: from client.example ([198.51.100.7])",
        "\tby mx.local.test with ESMTP",
        "\tid ID",
        "\tfor <user@local.test>;",
        "\tTue, 01 Jan 2030 12:00:01 +0000",
        "From: a@sender.example",
        "",
        "Hello",
        "",
      ].join("\r\n"),
    );
    const [delivery] = mx.deliveries;
    assert.deepEqual(delivery?.targets, [{ accountId: 1, folder: "inbox", flags: [] }]);
    assert.deepEqual([delivery?.mailFrom, delivery?.queued], ["a@sender.example", []]);
    assert.equal(delivery?.index.sizeOctets, mx.stored.length);
    assert.equal(mx.spool.open, 0);
  });

  test("inside TLS says so, and several recipients are not told of each other", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.say("EHLO x");
    await client.say("STARTTLS");
    await client.envelope("", "user@local.test", "alice@local.test", "sales@local.test");
    await client.message("Subject: x\n\n");
    assert.match(mx.stored, /^Return-Path: <>\r\n/);
    assert.match(mx.stored, /with ESMTPS \(TLSv1\.3 TLS_AES_256_GCM_SHA384\)\r\n\tid \w{26};\r\n/);
    assert.doesNotMatch(mx.stored, /for </);
    // Two of the addresses are one account: it gets one copy.
    assert.deepEqual(
      mx.deliveries[0]?.targets.map(({ accountId }) => accountId),
      [1, 2],
    );
  });

  test("whose last octets filled the spool does not end the session: the next command is read", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    mx.spool.full = true;
    assert.match(await client.message(`From: a@sender.example\n\n${"Hello\n".repeat(5000)}`), /^250 /);
    assert.match(await client.say("MAIL FROM:<b@sender.example>"), /^250 /);
  });

  test("keeps nothing the sender forged in our name (RFC 8601 §5)", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.message(
      [
        "Return-Path: <forged@local.test>",
        "Authentication-Results: (x) MX.local.test; dkim=pass",
        "Authentication-Results: mx.sender.example; spf=pass",
        "Received-SPF: pass (fine) client-ip=192.0.2.1; receiver=mx.local.test; helo=x",
        "Received-SPF: pass receiver=mx.sender.example; identity=mailfrom;",
        "X-Spam-Status: No,",
        " really",
        "Subject: kept",
        "",
        "X-Spam-Status: body",
      ].join("\n"),
    );
    const [, own = ""] = /\+0000\r\n([^]*)$/.exec(mx.stored) ?? [];
    assert.equal(
      own,
      "Authentication-Results: mx.sender.example; spf=pass\r\n" +
        "Received-SPF: pass receiver=mx.sender.example; identity=mailfrom;\r\n" +
        "Subject: kept\r\n\r\nX-Spam-Status: body\r\n",
    );
    assert.equal(mx.deliveries[0]?.index.sizeOctets, mx.stored.length);
  });

  test("a body without a header does not run into our trace fields", async () => {
    for (const [sent, kept] of [
      ["Hello", "\r\nHello\r\n"],
      [" folded", "\r\n folded\r\n"],
      ["From user@host Tue Jan 1\nSubject: x", "Subject: x\r\n"],
      ["\nHello", "\r\nHello\r\n"],
    ] as const) {
      const mx = new FakeReception("smtp");
      const client = mx.connect();
      await client.envelope("a@b.example", "user@local.test");
      await client.message(sent);
      assert.equal(mx.stored.split("+0000\r\n")[1], kept);
    }
  });

  test("the header may come in any pieces", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    for (const octet of "X-Spam-A: 1\r\nSubject: x\r\n\r\nHello\r\n.\r\n") await client.send(octet);
    assert.equal(mx.stored.split("+0000\r\n")[1], "Subject: x\r\n\r\nHello\r\n");
  });

  test("BINARYMIME may not hide line ends in the header", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.say("EHLO x");
    await client.say("MAIL FROM:<> BODY=BINARYMIME");
    await client.say("RCPT TO:<user@local.test>");
    assert.match(await client.send("BDAT 12 LAST\r\nA: b\nC\r\n\r\n\n\n"), /^550 5\.6\.0 /);
  });
});

suite("reception: who may receive", () => {
  test("a full mailbox is a temporary refusal, counted with the declared size (R85)", async () => {
    const mx = new FakeReception("smtp");
    const account = { accountId: 1, address: "user@local.test", usedOctets: 900, quotaOctets: 1000 };
    mx.directory.accounts.set("user@local.test", [account]);
    const client = mx.connect();
    await client.say("EHLO x");
    await client.say("MAIL FROM:<> SIZE=101");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^452 4\.2\.2 /);
    await client.say("RSET");
    await client.say("MAIL FROM:<> SIZE=100");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^250 2\.1\.5 /);
  });

  test("when the directory cannot be asked nobody is called unknown", async () => {
    const mx = new FakeReception("smtp");
    mx.directory.failing = true;
    const client = mx.connect();
    await client.say("EHLO x");
    await client.say("MAIL FROM:<>");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^451 4\.3\.0 /);
    assert.match(await client.say("RCPT TO:<b@victim.example>"), /^550 5\.7\.1 /);
  });

  test("a secondary without a list of recipients says 451", async () => {
    const client = new FakeReception("smtp").connect();
    await client.say("EHLO x");
    await client.say("MAIL FROM:<>");
    assert.match(await client.say("RCPT TO:<user@relay.test>"), /^451 4\.3\.0 /);
  });

  test("a disabled domain takes nothing and stays ours, that of another node too", async () => {
    const mx = new FakeReception("smtp");
    mx.directory.disabled.add("relay.test");
    const client = mx.connect();
    await client.say("EHLO x");
    await client.say("MAIL FROM:<>");
    assert.match(await client.say("RCPT TO:<user@relay.test>"), /^550 5\.2\.1 /);
  });

  test("our own name from another machine is refused, from this one not", async () => {
    const mx = new FakeReception("smtp");
    assert.match(await mx.connect().say("EHLO MX.local.test"), /550 5\.7\.1 /);
    const here = { address: "192.0.2.1", port: 5 };
    assert.match(await mx.connect({ remote: here, local: here }).say("EHLO mx.local.test"), /250-PIPELINING/);
  });
});

suite("reception: users", () => {
  test("send as themselves only, in the envelope and in the From field (R11)", async () => {
    const msa = new FakeReception("submission", { outbound: "held" });
    const client = msa.connect(SECURED);
    await client.logIn();
    assert.match(await client.say("MAIL FROM:<user@local.test>"), /^553 5\.7\.1 /);
    await client.envelope("alice@local.test", "b@victim.example");
    assert.match(await client.message("From: Sales <SALES@local.test>\n\nx"), /^250 /);
    await client.envelope("sales@local.test", "b@victim.example");
    assert.match(await client.message("From: user@local.test\n\nx"), /^553 5\.7\.1 /);
    for (const from of [
      "From: alice@local.test, user@local.test",
      "From: alice@local.test\nFrom: alice@local.test",
      "From: nobody",
      "From: g:;",
    ]) {
      await client.envelope("", "b@victim.example");
      assert.match(await client.message(`${from}\n\nx`), /^55[03] 5\./, from);
    }
    assert.equal(msa.deliveries.length, 1);
    assert.equal(msa.spool.open, 0);
    // Who is asked why it does not go finds as what it would.
    const refused = msa.log.lines.filter(({ event }) => event === "sender-refused").map(({ fields }) => fields);
    const who = { account: "alice@local.test", allowed: ["alice@local.test", "sales@local.test"], othersAllowed: 0 };
    assert.partialDeepStrictEqual(refused.slice(0, 2), [
      { ...who, envelopeSender: "user@local.test" },
      { ...who, from: "user@local.test" },
    ]);
  });

  test("mail for others is queued where the settings hold it, and has what is missing added", async () => {
    const msa = new FakeReception("submission", { outbound: "held" });
    const client = msa.connect(SECURED);
    await client.logIn();
    await client.envelope("alice@local.test", "b@victim.example");
    await client.message("Subject: x\n\nx");
    assert.deepEqual(
      [msa.deliveries[0]?.queued.map(({ address }) => address), msa.deliveries[0]?.targets],
      [["b@victim.example"], []],
    );
    assert.match(msa.stored, /^Received: from [^]* with ESMTPSA \(/);
    assert.match(
      msa.stored,
      /\r\nDate: Tue, 01 Jan 2030 12:00:01 \+0000\r\nMessage-ID: <\w{26}@mx\.local\.test>\r\nFrom: alice@local\.test\r\nSubject: x\r\n/,
    );
    await client.envelope("alice@local.test", "user@local.test");
    await client.message("From: alice@local.test\nDate: x\nMessage-Id: <y>\n\nx");
    const [, second] = msa.deliveries;
    assert.doesNotMatch(Buffer.from(second?.prefix ?? []).toString(), /^(Date|Message-ID|From)/m);
  });

  test("mail for others is deferred where nothing is sent out", async () => {
    const client = new FakeReception("submission").connect(SECURED);
    await client.logIn();
    await client.say("MAIL FROM:<alice@local.test>");
    assert.match(await client.say("RCPT TO:<b@victim.example>"), /^451 4\.3\.0 This server does not send mail/);
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^250 /);
  });

  test("the queue is told of what was asked for: REQUIRETLS, RET, ENVID, NOTIFY, ORCPT, and who sent it", async () => {
    const msa = new FakeReception("submission", { outbound: "sent" });
    const client = msa.connect(SECURED);
    await client.logIn();
    await client.say("MAIL FROM:<alice@local.test> REQUIRETLS RET=HDRS ENVID=Q1 BODY=8BITMIME");
    await client.say("RCPT TO:<b@victim.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@victim.example");
    await client.say("DATA");
    assert.match(await client.say("Subject: x\r\n\r\n."), /^250 /);
    const [delivery] = msa.deliveries;
    assert.deepEqual(delivery?.queued, [
      { address: "b@victim.example", notify: ["SUCCESS", "DELAY"], originalRecipient: "rfc822;c@victim.example" },
    ]);
    assert.deepEqual(delivery?.sending, {
      account: "alice@local.test",
      origin: "own",
      body: "8BITMIME",
      utf8: false,
      requireTls: true,
      returnContent: "HDRS",
      envelopeId: "Q1",
      heldFor: undefined,
    });
  });

  test("wait for the answer to a wrong password, longer each time; the third ends it", async () => {
    const msa = new FakeReception("submission");
    const client = msa.connect(SECURED);
    await client.say("EHLO x");
    for (const [delayMs, expected] of [
      [2000, /^535 5\.7\.8 /],
      [4000, /^535 5\.7\.8 /],
      [6000, /^421 4\.7\.0 /],
    ] as const) {
      assert.equal(await client.say("AUTH PLAIN AGEAYg=="), "");
      msa.clock.advance(delayMs - 1);
      assert.equal(await client.hear(), "");
      msa.clock.advance(1);
      assert.match(await client.hear(), expected);
    }
    assert.equal(client.connection.state, "ended");
    assert.doesNotMatch(JSON.stringify(msa.log.lines), /AGEAYg|"b"/);
  });

  test("421 with the name of the limit when an account has as many connections as it may, and nobody is logged in (R55)", async () => {
    const msa = new FakeReception("submission");
    msa.logins.refusal = "Too many connections of this account (limit)";
    const client = msa.connect(SECURED);
    await client.say("EHLO x");
    const answer = await client.say("AUTH PLAIN AGFsaWNlQGxvY2FsLnRlc3QAc2VjcmV0");
    assert.match(answer, /^421 4\.7\.0 Too many connections of this account \(limit\) \(/);
    assert.equal(client.connection.state, "ended");
    assert.equal(msa.log.lines.find(({ event }) => event === "session")?.fields["account"], undefined);
  });

  test("454 when the credential cannot be checked, which is no failure", async () => {
    const client = new FakeReception("submission").connect(SECURED);
    await client.say("EHLO x");
    for (let i = 0; i < 4; i++) assert.match(await client.say("AUTH PLAIN AGEAZG93bg=="), /^454 4\.7\.0 /);
  });

  test("a trusted network needs no password on submission, and gets none of it on the MX", async () => {
    const relay = { trustedNetworks: ["198.51.100.0/24"], trustedOnMx: false, ownAddresses: [] };
    const msa = new FakeReception("submission", { relay, outbound: "held" }).connect();
    await msa.envelope("printer@office.example", "b@victim.example");
    const mx = new FakeReception("smtp", { relay, outbound: "held" }).connect();
    await assert.rejects(mx.envelope("printer@office.example", "b@victim.example"), /550 5\.7\.1/);
  });

  test("a trusted network behind whose address others stand is trusted no more, for every session that begins (R03)", async () => {
    const relay = { trustedNetworks: ["198.51.100.0/24"], trustedOnMx: false, ownAddresses: [] };
    const msa = new FakeReception("submission", { relay, outbound: "held" });
    msa.dependencies = { ...msa.dependencies, mayTrust: (address) => address !== "198.51.100.7" };
    const hidden = msa.connect({ remote: { address: "198.51.100.7", port: 40_000 } });
    await hidden.say("EHLO printer");
    assert.match(await hidden.say("MAIL FROM:<printer@office.example>"), /^530 5\.7\.0 /);
    const other = msa.connect({ remote: { address: "198.51.100.8", port: 40_000 } });
    await other.envelope("printer@office.example", "b@victim.example");
  });
});

suite("reception: no address is trusted for what it is (R01)", () => {
  for (const address of [
    "192.168.1.1",
    "172.17.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.1.1",
    "127.0.0.1",
    "::1",
    "fd00::1",
  ]) {
    test(`${address} sends nothing elsewhere without a password`, async () => {
      const ends = { remote: { address, port: 40_000 }, local: { address, port: 25 } };
      for (const tls of [{}, SECURED]) {
        const mx = new FakeReception("smtp", { outbound: "held" }).connect({ ...ends, ...tls });
        await mx.say("EHLO client.example");
        assert.match(await mx.say("MAIL FROM:<a@sender.example>"), /^250 /);
        assert.match(await mx.say("RCPT TO:<b@victim.example>"), /^550 5\.7\.1 /);
        const msa = new FakeReception("submission", { outbound: "held" }).connect({ ...ends, ...tls });
        await msa.say("EHLO client.example");
        assert.match(await msa.say("MAIL FROM:<a@sender.example>"), /^530 5\.7\.0 /);
      }
    });
  }
});

suite("reception: 250 means durable", () => {
  for (const [outcome, expected] of [
    ["no-space", /^452 4\.3\.1 /],
    ["nobody", /^550 5\.1\.1 /],
    ["fails", /^451 4\.3\.1 /],
    ["never", /^$/],
  ] as const) {
    test(`not when the store ${outcome}`, async () => {
      const mx = new FakeReception("smtp");
      mx.storeOutcome = outcome;
      const client = mx.connect();
      await client.envelope("a@b.example", "user@local.test");
      assert.match(await client.message("x"), expected);
      assert.equal(mx.spool.open, 0);
    });
  }

  test("not when the disk fails", async () => {
    const mx = new FakeReception("smtp");
    mx.spool.failure = Object.assign(new Error("disk"), { code: "ENOSPC" });
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    assert.match(await client.message("x"), /^452 4\.3\.1 /);
  });
});
