/** Transcripts about the From field of mail from outside: one field with one address, or 550 5.6.0. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dmarc as found } from "../../test/fakes/evidence.ts";
import { BUDGET_MS, FakeJudge, unsigned } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import { explain } from "../verdict/explain.ts";
import type { Policy } from "../verdict/policy.ts";

interface World {
  readonly mx: FakeReception;
  readonly judge: FakeJudge;
}

function judged(modes: Partial<Policy["modes"]> = {}): World {
  const mx = new FakeReception("smtp");
  return { mx, judge: new FakeJudge(mx, modes) };
}

async function send({ mx }: World, message: string, recipient = "user@local.test"): Promise<string> {
  const client = mx.connect();
  await client.envelope("a@bounce.example", recipient);
  return client.message(message);
}

suite("the author at the end of the message", () => {
  const headers: readonly (readonly [string, string, RegExp])[] = [
    ["no field", "Subject: x", /no From field with an address/],
    ["an empty field", "From:", /no From field with an address/],
    ["an empty group", "From: undisclosed:;", /no From field with an address/],
    ["a group", "From: friends: alice@example.com;", /cannot be read/],
    ["nothing in brackets", "From: MAILER-DAEMON <>", /cannot be read/],
    ["no domain", "From: root", /cannot be read/],
    ["two readings", "From: <alice@example.com> <bob@bank.example>", /cannot be read/],
    ["two addresses", "From: alice@example.com, bob@example.com", /more than one address/],
    ["two fields", "From: alice@example.com\nFrom: alice@example.com", /more than one From field/],
  ];
  for (const [name, header, words] of headers) {
    test(`${name}: 550 5.6.0, and the reply says what to do`, async () => {
      const tried = judged();
      const answer = await send(tried, `${header}\n\nx`);
      assert.match(answer, /^550 5\.6\.0 Refused by author: .*; write one From field with one address .*\(\w+\)$/);
      assert.match(answer, words);
      assert.deepEqual([tried.mx.deliveries.length, tried.mx.spool.open], [0, 0]);
      assert.ok(explain(tried.judge.record).some((line) => line.includes("one address: accepted")));
    });
  }

  test("is asked for also of a bounce, and of a client that the DNS knows nothing about", async () => {
    for (const options of [{}, { remote: { address: "10.1.2.3", port: 4711 } }]) {
      const { mx } = judged();
      const client = mx.connect(options);
      await client.envelope("", "user@local.test");
      assert.match(await client.message("Subject: x\n\nx"), /^550 5\.6\.0 /);
    }
  });

  test("is known where no look-up answers: a slow zone hides nobody", async () => {
    const { mx, judge } = judged();
    judge.checks.answers = { ...judge.checks.answers, authenticate: () => new Promise(() => undefined) };
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    await client.message("From: a@sender.example\nFrom: b@bank.example\n\nx");
    mx.clock.advance(BUDGET_MS);
    assert.match(await client.hear(), /^550 5\.6\.0 /);
  });

  test("in shadow only DMARC has something against it, and off nothing does", async () => {
    for (const [dmarc, folder] of [
      ["enforce", "junk"],
      ["off", "inbox"],
    ] as const) {
      const tried = judged({ author: dmarc === "off" ? "off" : "shadow", dmarc });
      tried.judge.checks.answers = { ...tried.judge.checks.answers, authenticate: withoutAuthor };
      assert.match(await send(tried, "Subject: x\n\nx"), /^250 /);
      assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, folder);
    }
  });

  test("postmaster is reached without one", async () => {
    assert.match(await send(judged(), "Subject: x\n\nx", "postmaster@local.test"), /^250 /);
  });
});

function withoutAuthor(): ReturnType<FakeJudge["checks"]["answers"]["authenticate"]> {
  return Promise.resolve(unsigned(found("permerror", "unknown", { author: { kind: "none" } })));
}
