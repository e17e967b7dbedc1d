import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatReply } from "#protocol/smtp/reply-format.ts";
import type { SendingUse } from "#store/sending-rows.ts";
import type { SendingMinute, SendingRules } from "#store/sending-rules.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { type ReachedLimit, SendingLimits, type SendingTurn } from "./sending-limits.ts";

const MINUTE_MS = 60_000;
const NOON_MS = Date.UTC(2030, 0, 1, 12);
const NONE = { messages: 0, recipients: 0 };
const RULES: SendingRules = {
  isEnforced: true,
  perHour: { messages: 3, recipients: 5 },
  perDay: NONE,
  burst: NONE,
  historyFactor: 2,
  newNetworkPercent: 25,
};

class World {
  readonly clock = new FakeClock(NOON_MS);
  readonly told: ReachedLimit[] = [];
  minutes: readonly SendingMinute[] = [];
  use: SendingUse | "down" = { hour: NONE, day: NONE, hold: undefined };
  readonly limits: SendingLimits;

  constructor(rules: Partial<SendingRules> = {}) {
    this.limits = new SendingLimits({
      store: {
        findSendingUse: () => (this.use === "down" ? Promise.reject(new Error("closed")) : Promise.resolve(this.use)),
        listSendingMinutes: () => Promise.resolve(this.minutes),
      },
      clock: this.clock,
      rulesOf: () => ({ ...RULES, ...rules }),
      reached: (reached) => this.told.push(reached),
    });
  }

  begin(): SendingTurn {
    return this.limits.begin({ accountId: 2, address: "alice@example.test", credentialId: 7 }, "192.0.2.5");
  }
}

/** The reply as it is sent; undefined: it goes on. */
async function said(answer: Promise<Parameters<typeof formatReply>[0] | undefined>): Promise<string | undefined> {
  const reply = await answer;
  return reply === undefined ? undefined : formatReply(reply);
}

suite("what a mail program is told of sending limits", () => {
  test("over a limit: 450 4.7.1 at MAIL with the rule, when it ends and what to do; never like a wrong password", async () => {
    const world = new World();
    world.use = { hour: { messages: 3, recipients: 3 }, day: NONE, hold: undefined };
    world.minutes = [{ minute: NOON_MS / MINUTE_MS - 20, messages: 3, recipients: 3 }];
    const answer = await said(world.begin().sender());
    assert.match(answer ?? "", /^450 4\.7\.1 .*messages_per_hour = 3.*2030-01-01 12:40 UTC.*ask for a higher limit/);
    assert.doesNotMatch(answer ?? "", /auth|password|credential/i);
  });

  test("at RCPT with the recipient that would be too many, and not before", async () => {
    const world = new World();
    world.use = { hour: { messages: 1, recipients: 3 }, day: NONE, hold: undefined };
    world.minutes = [{ minute: NOON_MS / MINUTE_MS - 1, messages: 1, recipients: 3 }];
    const turn = world.begin();
    assert.equal(await turn.sender(), undefined);
    for (let taken = 0; taken < 2; taken++) {
      assert.equal(await turn.recipient(false), undefined);
      turn.accepted();
    }
    assert.match((await said(turn.recipient(false))) ?? "", /^450 4\.7\.1 .*recipients_per_hour = 5.*12:59 UTC/);
    assert.deepEqual(turn.submission(), {
      accountId: 2,
      account: "alice@example.test",
      client: "192.0.2.5",
      credentialId: 7,
      recipients: 2,
      atMs: NOON_MS,
      rules: RULES,
    });
  });

  test("a message that is over the limit by itself is to be sent in parts: there is no time to wait for", async () => {
    const turn = new World().begin();
    await turn.sender();
    for (let taken = 0; taken < 5; taken++) turn.accepted();
    assert.match((await said(turn.recipient(false))) ?? "", /^450 4\.7\.1 One message is over .*send it in parts/);
  });

  test("while mail is held: people here are deferred with the reason, mail for elsewhere is taken", async () => {
    const world = new World();
    const facts = { recent: NONE, usual: NONE, delivered: 0, refused: 0 };
    const hold = { account: "a", trigger: "burst", sinceMs: NOON_MS, isEnforced: true, isTold: true, facts } as const;
    world.use = { hour: NONE, day: NONE, hold };
    const turn = world.begin();
    assert.equal(await turn.sender(), undefined);
    assert.equal(await turn.recipient(false), undefined);
    assert.match((await said(turn.recipient(true))) ?? "", /^450 4\.7\.1 .*held since 2030-01-01 12:00 UTC \(burst\)/);
  });

  test("in shadow nobody is refused; where the store cannot be asked, its own count decides later", async () => {
    const over = { hour: { messages: 9, recipients: 9 }, day: NONE, hold: undefined };
    const shadow = new World({ isEnforced: false });
    shadow.use = over;
    assert.equal(await shadow.begin().sender(), undefined);
    const down = new World();
    down.use = "down";
    const turn = down.begin();
    assert.deepEqual([await turn.sender(), await turn.recipient(true)], [undefined, undefined]);
    assert.match((await said(turn.refusal())) ?? "", /^450 4\.7\.1 /);
  });

  test("the administrator hears of it once an hour", async () => {
    const world = new World();
    world.use = { hour: { messages: 3, recipients: 3 }, day: NONE, hold: undefined };
    for (let tried = 0; tried < 3; tried++) await world.begin().sender();
    assert.deepEqual(
      world.told.map(({ account, limit, max, client }) => [account, limit, max, client]),
      [["alice@example.test", "messages_per_hour", 3, "192.0.2.5"]],
    );
    world.clock.advance(60 * MINUTE_MS);
    await world.begin().sender();
    assert.equal(world.told.length, 2);
  });
});
