import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CLIENT, helo, listed, reverseDns, spf } from "../../test/fakes/evidence.ts";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception, settled } from "../../test/fakes/reception.ts";

const drop = (): Promise<ReturnType<typeof listed>[]> => Promise.resolve([listed(7, { rejectsAlone: true })]);

const never = (): Promise<never> => new Promise(() => undefined);

function judged(): { readonly mx: FakeReception; readonly judge: FakeJudge } {
  const mx = new FakeReception("smtp");
  return { mx, judge: new FakeJudge(mx) };
}

suite("what the ledger of offences hears", () => {
  test("unknown recipients, attempts to relay, and once a transaction what was refused as spam", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, lists: drop };
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    for (const who of ["nobody@local.test", "b@victim.example", "user@local.test", "alice@local.test"]) {
      await client.say(`RCPT TO:<${who}>`);
    }
    const from = { address: CLIENT, clientName: "mail.sender.example" };
    assert.deepEqual(judge.offences, [
      { kind: "unknown-recipient", recipient: "nobody@local.test", senderAuthenticated: false, ...from },
      { kind: "relay-attempt", recipient: "b@victim.example", ...from },
      { kind: "spam", ...from },
    ]);
  });

  test("unknown recipients of a sender that passes SPF are its old list; one that leaves before SPF is known is not spared", async () => {
    for (const [answer, expected] of [
      [() => Promise.resolve(spf("pass")), true],
      [() => Promise.resolve(spf("pass", { passesEverybody: true })), false],
      [() => Promise.resolve(spf("fail")), false],
      [never, false],
    ] as const) {
      const { mx, judge } = judged();
      judge.checks.answers = { ...judge.checks.answers, spf: answer };
      const client = mx.connect();
      await client.say("EHLO mail.sender.example");
      await client.say("MAIL FROM:<a@sender.example>");
      assert.match(await client.say("RCPT TO:<nobody@local.test>"), /^550 5\.1\.1 /);
      client.connection.leave();
      await settled();
      assert.deepEqual(
        judge.offences.map((offence) => offence.kind === "unknown-recipient" && offence.senderAuthenticated),
        [expected],
      );
    }
  });

  test("bad names, missing records and temporary refusals are held against nobody", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = {
      ...judge.checks.answers,
      reverseDns: () => Promise.resolve(reverseDns("no-name")),
      helo: () => Promise.resolve(helo({ match: "differs" })),
    };
    const client = mx.connect();
    await client.say("EHLO localhost");
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^450 4\.7\.25 /);
    assert.deepEqual(judge.offences, []);
  });

  test("who speaks early or out of step; not TLS on a clear port, not another protocol (R22)", async () => {
    for (const [said, waitMs, expected] of [
      ["EHLO x\r\n", 0, ["early-talker"]],
      ["EHLO mail.sender.example\r\nMAIL FROM:<>\r\n", 1000, ["protocol-abuse"]],
      ["GET / HTTP/1.1\r\n", 1000, []],
      ["\u0016\u0003\u0001", 1000, []],
      ["QUIT\r\n", 1000, []],
    ] as const) {
      const { mx, judge } = judged();
      await mx.connect({}, waitMs).send(said);
      assert.deepEqual(
        judge.offences.map(({ kind }) => kind),
        expected,
        said,
      );
    }
  });

  test("users and trusted peers are held to nothing", async () => {
    const relay = { trustedNetworks: ["198.51.100.0/24"], trustedOnMx: true, ownAddresses: [] };
    const mx = new FakeReception("smtp", { relay });
    const judge = new FakeJudge(mx);
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    await client.say("RCPT TO:<nobody@local.test>");
    assert.deepEqual(judge.offences, []);
  });

  test("an address behind which others stand is asked nothing", async () => {
    const { mx, judge } = judged();
    judge.hiding.add(CLIENT);
    const client = mx.connect();
    assert.match(await client.say("EHLO localhost"), /250/);
    await client.say("MAIL FROM:<a@sender.example>");
    await client.say("RCPT TO:<user@local.test>");
    assert.deepEqual(judge.checks.asked, ["lists mail-from sender.example"]);
  });
});
