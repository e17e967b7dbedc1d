import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EarlyTalkers, REMEMBERED_MAX } from "./early-talkers.ts";

suite("early talkers", () => {
  test("a stranger waits longer than one that behaved", () => {
    const talkers = fresh();
    assert.equal(talkers.delayMs("192.0.2.1"), 200);
    talkers.behaved("192.0.2.1");
    assert.equal(talkers.delayMs("192.0.2.1"), 5);
    assert.equal(talkers.delayMs("192.0.2.2"), 200);
  });

  test("who speaks early is a stranger again", () => {
    const talkers = fresh();
    talkers.behaved("192.0.2.1");
    talkers.spokeEarly("192.0.2.1");
    assert.equal(talkers.delayMs("192.0.2.1"), 200);
  });

  test("a /64 is one client, however it is written", () => {
    const talkers = fresh();
    talkers.behaved("2001:db8:0:1::5");
    for (const same of ["2001:db8:0:1:ffff::", "2001:db8::1:0:0:0:9"]) assert.equal(talkers.delayMs(same), 5, same);
    for (const other of ["2001:db8:0:2::5", "2001:db8::1", "::1"]) assert.equal(talkers.delayMs(other), 200, other);
  });

  test("remembers so many addresses and no more", () => {
    const talkers = fresh();
    for (let i = 0; i <= REMEMBERED_MAX; i++) talkers.behaved(`client-${i}`);
    assert.equal(talkers.delayMs("client-0"), 200);
    assert.equal(talkers.delayMs(`client-${REMEMBERED_MAX}`), 5);
  });
});

function fresh(): EarlyTalkers {
  return new EarlyTalkers({ unknownMs: 200, knownMs: 5 });
}
