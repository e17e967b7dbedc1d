import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { SlowGroups } from "./slow-groups.ts";

const START_MS = Date.UTC(2030, 0, 1);
const STRANGER = { account: "alice", address: "203.0.113.5", password: "hash", isHome: false };

suite("groups that must wait", () => {
  test("strangers have two tries at once and then two a minute, all together; the owner at home has any number", () => {
    const groups = slowed();
    const tries = Array.from({ length: 10 }, (_, bot) =>
      groups.mayLogIn({ ...STRANGER, address: `11.1.1.${bot}` }, START_MS),
    );
    assert.equal(tries.filter(({ ok }) => ok).length, 2);
    assert.deepEqual(tries.at(-1), { ok: false, by: "account", retryAfterMs: 30_000 });
    for (let times = 0; times < 100; times++) {
      assert.equal(groups.mayLogIn({ ...STRANGER, isHome: true }, START_MS).ok, true);
    }
    let later = 0;
    for (let second = 1; second <= 600; second++) if (groups.mayLogIn(STRANGER, START_MS + second * 1000).ok) later++;
    assert.equal(later, 20);
  });

  test("other accounts do not wait, and nobody does when the time is over", () => {
    const groups = slowed();
    for (let times = 0; times < 10; times++) groups.mayLogIn(STRANGER, START_MS);
    assert.equal(groups.mayLogIn({ ...STRANGER, account: "bob" }, START_MS).ok, true);
    for (let times = 0; times < 10; times++) assert.equal(groups.mayLogIn(STRANGER, START_MS + 3_600_000).ok, true);
  });

  test("who waits for one group uses up nothing of another", () => {
    const groups = slowed();
    groups.put({ by: "password", value: "hash", attemptsPerMinute: 2, untilMs: START_MS + 3_600_000 });
    for (let times = 0; times < 10; times++) groups.mayLogIn({ ...STRANGER, password: "another" }, START_MS);
    assert.equal(groups.mayLogIn(STRANGER, START_MS).ok, false);
    assert.equal(groups.mayLogIn({ ...STRANGER, account: "bob" }, START_MS).ok, true);
    assert.equal(groups.mayLogIn({ ...STRANGER, account: "bob" }, START_MS).ok, true);
  });

  test("client names and recipients", () => {
    const groups = slowed();
    groups.put({ by: "client-name", value: "ylmf-pc", attemptsPerMinute: 10, untilMs: START_MS + 3_600_000 });
    const turns = Array.from({ length: 5 }, () => groups.maySend({ clientName: "YLMF-PC" }, START_MS).ok);
    assert.deepEqual(turns, [true, true, false, false, false]);
    assert.equal(groups.maySend({ clientName: "mx.example.com", recipient: "alice" }, START_MS).ok, true);
  });
});

function slowed(): SlowGroups {
  const groups = new SlowGroups();
  groups.put({ by: "account", value: "alice", attemptsPerMinute: 2, untilMs: START_MS + 3_600_000 });
  return groups;
}
