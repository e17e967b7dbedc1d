import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { RecipientResult, RemoteReply } from "./attempt.ts";
import { type RefusalCause, RefusalsOfUs } from "./refusals-of-us.ts";

const HOUR_MS = 60 * 60 * 1000;

function result(text: string, change: Partial<RemoteReply> = {}): RecipientResult {
  const [, code = "", enhanced = null, words = ""] = /^(\d{3}) (?:(\d\.\d+\.\d+) )?(.*)$/.exec(text) ?? [];
  const reply = {
    code: Number(code),
    enhanced,
    text: words,
    byHost: "mx1.mail.far.example.com",
    stage: "rcpt",
    ...change,
  };
  return { recipientId: 1, outcome: Number(code) < 500 ? "deferred" : "failed", reply } as RecipientResult;
}

/** What three messages that hear this come to; undefined: it is not about us. */
function check(text: string, expected: RefusalCause | undefined, change: Partial<RemoteReply> = {}): void {
  const refusals = new RefusalsOfUs();
  const told = [1, 2, 3].flatMap((id) => refusals.note(id, { results: [result(text, change)] }, 0));
  assert.deepEqual(
    told.map(({ cause }) => cause),
    expected === undefined ? [] : [expected],
    text,
  );
}

suite("other servers that refuse this one (R94)", () => {
  test("are told by what they mean", () => {
    check("550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus", "listed");
    check(
      "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Part of their network is on our block list (S3140).",
      "listed",
    );
    check("554 Your access to this mail system has been rejected: you are listed on an RBL", "listed", {
      stage: "greeting",
    });
    check("550 5.7.25 The IP address sending this message does not have a PTR record", "reverse-dns");
    check("550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass", "authentication", {
      stage: "final-dot",
    });
    check("421 4.7.28 Our system has detected an unusual rate of unsolicited mail", "too-fast", { stage: "final-dot" });
    check("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume", "too-fast", {
      stage: "mail",
    });
    check("554 5.7.1 Go away", "policy", { stage: "ehlo" });
  });

  test("are told from those that refuse a recipient or a message, or ask for patience", () => {
    check("550 5.1.1 No such user here", undefined);
    check("550 5.7.1 You may not write to this list", undefined);
    check("552 5.2.2 Mailbox full", undefined);
    check("550 5.6.0 The attachment is listed as dangerous", undefined, { stage: "final-dot" });
    check("450 4.7.1 Greylisted, please try again in 300 seconds", undefined);
    check("421 4.3.2 Too busy", undefined, { stage: "greeting" });
    check("450 4.4.1 connection timed out: rate limit", undefined, { code: null, byHost: null, stage: "connect" });
    const delivered = { ...result("250 2.0.0 Ok, though listed"), outcome: "delivered" } as const;
    assert.deepEqual(new RefusalsOfUs().note(1, { results: [delivered, delivered, delivered] }, 0), []);
  });

  test("are counted by provider and code, over messages and not over recipients, and told once a day", () => {
    const refusals = new RefusalsOfUs();
    const LISTED = "550 5.7.1 blocked using Spamhaus";
    const note = (id: number, text: string, byHost: string, atMs = 0) => {
      const results = Array.from({ length: 5 }, () => result(text, { byHost }));
      return refusals
        .note(id, { results }, atMs)
        .map(({ provider, code, messages }) => `${provider} ${code}: ${messages}`);
    };
    // Twenty hosts of a provider are one; another code of it, or another provider, is another matter.
    assert.deepEqual(note(1, LISTED, "a.mail.protection.outlook.com"), []);
    assert.deepEqual(note(1, LISTED, "b.mail.protection.outlook.com"), []);
    assert.deepEqual(note(2, LISTED, "b.mail.protection.outlook.com"), []);
    assert.deepEqual(note(3, LISTED, "mx.other.example"), []);
    assert.deepEqual(note(3, "550 5.7.25 no PTR", "a.mail.protection.outlook.com"), []);
    assert.deepEqual(note(4, LISTED, "c.mail.protection.outlook.com"), ["outlook.com 550 5.7.1: 3"]);
    assert.deepEqual(note(5, LISTED, "c.mail.protection.outlook.com"), []);
    assert.deepEqual(note(6, LISTED, "c.mail.protection.outlook.com", 24 * HOUR_MS), []);
    assert.deepEqual(note(7, LISTED, "c.mail.protection.outlook.com", 24 * HOUR_MS), []);
    assert.deepEqual(note(8, LISTED, "c.mail.protection.outlook.com", 25 * HOUR_MS), ["outlook.com 550 5.7.1: 3"]);
  });

  test("the count forgets what is a day old, and its memory is bounded", () => {
    const refusals = new RefusalsOfUs();
    for (let day = 0; day < 10; day++) {
      const told = refusals.note(day, { results: [result("550 5.7.1 blacklisted")] }, day * 13 * HOUR_MS);
      assert.deepEqual(told, []);
    }
    for (let id = 0; id < 10_000; id++) {
      refusals.note(id, { results: [result("550 5.7.1 blacklisted", { byHost: `mx.domain${id}.com` })] }, 0);
    }
  });
});
