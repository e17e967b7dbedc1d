/** Transcripts of mail for aliases that lead elsewhere, and of the bounces that come back for it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { spf as spfOf } from "../../test/fakes/evidence.ts";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import { FakeResolver } from "../../test/fakes/resolver.ts";
import { MESSAGE, NOW_SECONDS } from "../../test/fakes/signed-mail.ts";
import { authenticateMessage } from "../evidence/authentication-results/authenticate-message.ts";
import type { SpfEvidence } from "../evidence/spf/evidence.ts";
import { returnAddresses } from "../identity/return-address.ts";
import type { Forwarding } from "../store/store.ts";

const KEY = Buffer.alloc(32, 1);

/** @param proven what SPF says of every sender. */
function world(proven: SpfEvidence["result"] = "pass"): FakeReception {
  const mx = new FakeReception("smtp", { outbound: "sent" });
  const judge = new FakeJudge(mx);
  judge.checks.spf = ({ mailFrom }) => {
    return Promise.resolve(spfOf(proven, { domain: mailFrom.slice(mailFrom.lastIndexOf("@") + 1) }));
  };
  mx.dependencies = { ...mx.dependencies, returns: returnAddresses(KEY, () => mx.clock.now()) };
  mx.directory.forwards.set("out@local.test", ["carol@elsewhere.test", "dave@elsewhere.test"]);
  mx.directory.add(2, "both@local.test").forwards.set("both@local.test", ["carol@elsewhere.test"]);
  return mx;
}

async function send(
  mx: FakeReception,
  mailFrom: string,
  recipients: readonly string[],
  text = MESSAGE,
): Promise<string> {
  const client = mx.connect();
  await client.envelope(mailFrom, ...recipients);
  await client.say("DATA");
  let answer = await client.send(`${text}\r\n.\r\n`);
  for (let turn = 0; answer === "" && turn < 100; turn++) answer = await client.hear();
  return answer;
}

/** Reverse-path and recipients of what is passed on, and the accounts that have it here. */
function check(
  mx: FakeReception,
  forwarded: readonly (readonly [RegExp, readonly string[]])[],
  accounts: readonly number[],
) {
  const [delivery, ...others] = mx.deliveries;
  assert.equal(others.length, 0);
  assert.deepEqual(
    delivery?.targets.map(({ accountId }) => accountId),
    accounts,
  );
  assert.equal(delivery?.queued.length, 0);
  assert.equal(delivery?.forwarded?.length, forwarded.length);
  for (const [index, [mailFrom, addresses]] of forwarded.entries()) {
    const one: Forwarding | undefined = delivery?.forwarded?.[index];
    assert.match(one?.mailFrom ?? "none", mailFrom);
    assert.deepEqual(
      [one?.queued.map(({ address }) => address), one?.sending.origin, one?.sending.account],
      [addresses, "forwarded", ""],
    );
  }
}

function judging(): FakeReception {
  const mx = world();
  const judge = new FakeJudge(mx);
  const resolver = new FakeResolver({ "_dmarc.example.com": { TXT: ["v=DMARC1; p=quarantine"] } });
  judge.checks.authenticate = (message, spf, deadlineMs) =>
    authenticateMessage(message, { spf, trustedSealers: [], resolver, nowSeconds: NOW_SECONDS, deadlineMs });
  return mx;
}

async function answers(recipient: string, mailFrom: string): Promise<string> {
  const client = world().connect();
  await client.say("EHLO client.example");
  await client.say(`MAIL FROM:<${mailFrom}>`);
  return client.say(`RCPT TO:<${recipient}>`);
}

async function made(): Promise<string> {
  const mx = world();
  await send(mx, "bob@sender.example", ["out@local.test"]);
  return mx.deliveries[0]?.forwarded?.[0]?.mailFrom ?? "";
}

const OURS = /^srs0=[a-z2-7]{10}=[a-z2-7]{2}=sender\.example=bob@local\.test$/;

suite("an alias that leads elsewhere", () => {
  test("passes mail on under a reverse-path of ours that holds the sender (R38)", async () => {
    const mx = world();
    assert.match(await send(mx, "bob@sender.example", ["out@local.test"]), /^250/);
    check(mx, [[OURS, ["carol@elsewhere.test", "dave@elsewhere.test"]]], []);
    assert.doesNotMatch(Buffer.from(mx.deliveries[0]?.prefix ?? []).toString(), /Return-Path/);
  });

  test("keeps a copy for those who are here", async () => {
    const mx = world();
    await send(mx, "bob@sender.example", ["both@local.test"]);
    check(mx, [[OURS, ["carol@elsewhere.test"]]], [2]);
  });

  test("sends to nobody twice, though two aliases lead there", async () => {
    const mx = world();
    await send(mx, "bob@sender.example", ["both@local.test", "out@local.test"]);
    check(mx, [[OURS, ["carol@elsewhere.test", "dave@elsewhere.test"]]], [2]);
  });

  test("passes bounces on as bounces", async () => {
    const mx = world();
    await send(mx, "", ["out@local.test"]);
    check(mx, [[/^$/, ["carol@elsewhere.test", "dave@elsewhere.test"]]], []);
  });

  test("has bounces come to itself where the sender's address is too long", async () => {
    const mx = world();
    await send(mx, `${"x".repeat(50)}@sender.example`, ["out@local.test"]);
    check(mx, [[/^out@local\.test$/, ["carol@elsewhere.test", "dave@elsewhere.test"]]], []);
  });

  test("has bounces come to itself where nothing vouches for the sender: it may be somebody else's address", async () => {
    for (const result of ["none", "softfail", "temperror"] as const) {
      const mx = world(result);
      await send(mx, "bob@sender.example", ["out@local.test"]);
      check(mx, [[/^out@local\.test$/, ["carol@elsewhere.test", "dave@elsewhere.test"]]], []);
    }
  });

  test("takes no mail where nothing is sent to other servers, unless somebody is here", async () => {
    const mx = new FakeReception("smtp", { outbound: "off" });
    mx.dependencies = { ...mx.dependencies, returns: returnAddresses(KEY, () => mx.clock.now()) };
    mx.directory.forwards.set("out@local.test", ["carol@elsewhere.test"]);
    const client = mx.connect();
    await client.say("EHLO client.example");
    await client.say("MAIL FROM:<bob@sender.example>");
    assert.match(await client.say("RCPT TO:<out@local.test>"), /^451/);
    assert.match(await client.say("RCPT TO:<alice@local.test>"), /^250/);
  });
});

suite("what looks like spam", () => {
  test("is refused where it would only be passed on (R38)", async () => {
    const mx = judging();
    assert.match(await send(mx, "bob@sender.example", ["out@local.test"]), /^550 5\.7\.1 This address passes mail on/);
    assert.equal(mx.deliveries.length, 0);
  });

  test("is in Junk here, and not passed on (R38)", async () => {
    const mx = judging();
    assert.match(await send(mx, "bob@sender.example", ["both@local.test"]), /^250/);
    check(mx, [], [2]);
    assert.equal(mx.deliveries[0]?.targets[0]?.folder, "junk");
  });
});

suite("a reverse-path that we made", () => {
  test("takes a bounce back to who wrote the message (R38)", async () => {
    const mx = world();
    assert.match(await send(mx, "", [await made()]), /^250/);
    check(mx, [[/^$/, ["bob@sender.example"]]], []);
  });

  test("takes nothing but bounces", async () => {
    assert.match(await answers(await made(), "eve@sender.example"), /^550 5\.7\.1/);
  });

  test("is no way to relay: one that was not made here is nobody's", async () => {
    const address = await made();
    for (const forged of [
      address.replace("sender.example=bob", "victim.example=carol"),
      address.replace("=bob@", "=carol@"),
      address.replace(/^srs0=.{10}/, "srs0=aaaaaaaaaa"),
      "srs0=victim.example=carol@local.test",
      "srs0=aaaaaaaaaa=aa=victim.example=carol@relay.test",
    ]) {
      assert.match(await answers(forged, ""), /^(?:550|451)/, forged);
    }
    assert.match(await answers("srs0=aaaaaaaaaa=aa=victim.example=carol@elsewhere.test", ""), /^550 5\.7\.1/);
  });
});
