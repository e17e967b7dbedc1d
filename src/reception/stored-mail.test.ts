import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { dmarc } from "../../test/fakes/evidence.ts";
import { FakeJudge, unsigned } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import type { StoredMail } from "./dependencies.ts";
import type { ListenerProtocol } from "./listener-session.ts";

async function heard(
  protocol: ListenerProtocol,
  outcome: FakeReception["storeOutcome"] = "stored",
): Promise<StoredMail[]> {
  const stored: StoredMail[] = [];
  const mx = new FakeReception(protocol);
  const judge = new FakeJudge(mx);
  judge.checks.answers = { ...judge.checks.answers, authenticate: () => Promise.resolve(unsigned(dmarc("pass"))) };
  mx.dependencies = { ...mx.dependencies, onStored: (mail) => void stored.push(mail) };
  mx.storeOutcome = outcome;
  const client = mx.connect(protocol === "submission" ? { tls: FAKE_TLS } : {});
  if (protocol === "submission") await client.logIn();
  await client.envelope(
    protocol === "submission" ? "alice@local.test" : "a@sender.example",
    "User@LOCAL.test",
    "Postmaster",
  );
  await client.message("From: <a@sender.example>\nSubject: hello\n\nthe text");
  return stored;
}

suite("mail that was stored", () => {
  test("is told of with what was found out about its author", async () => {
    const [mail, ...others] = await heard("smtp");
    assert.deepEqual(others, []);
    const { message: _message, index, receivedMs: _receivedMs, placed, ...about } = mail ?? assert.fail();
    assert.deepEqual(about, {
      sender: "sender.example",
      isProven: true,
      recipients: ["user@local.test", "postmaster"],
      mailFrom: "a@sender.example",
    });
    assert.equal(index.envelope.subject, "hello");
    assert.equal(placed[0]?.folderId, 1);
  });

  test("is not where it was not stored, and of users nobody is told", async () => {
    assert.deepEqual(await heard("smtp", "no-space"), []);
    assert.deepEqual(await heard("smtp", "fails"), []);
    assert.deepEqual(await heard("submission"), []);
  });
});
