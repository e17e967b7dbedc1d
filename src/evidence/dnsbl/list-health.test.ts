import assert from "node:assert/strict";
import { test } from "node:test";
import type { CanaryResult } from "./canaries.ts";
import type { ListOutcome } from "./evidence.ts";
import {
  ERRORS_MAX,
  GOOD_SENDERS_LISTED_SHARE_MAX,
  GOOD_SENDERS_MAX,
  GOOD_SENDERS_MIN,
  LEFT_ALONE_MS,
  SUSPENDED_MS,
  TIMEOUTS_MAX,
} from "./limits.ts";
import {
  afterCanaries,
  afterJudgement,
  afterOutcome,
  type HealthChange,
  type ListHealth,
  NEW_LIST,
  skipReason,
} from "./list-health.ts";
import { dnsLists } from "./settings.ts";

const HEALTHY: CanaryResult = { kind: "healthy", ipv6: true };
const REFUSES: CanaryResult = { kind: "refuses-us", refusal: "public-resolver", answers: ["127.255.255.254"] };
const TIMED_OUT: ListOutcome = { kind: "not-checked", why: "timed-out" };
const CLEAN: ListOutcome = { kind: "clean", ttlSeconds: 60 };

function failed(why: "server-failure" | "refused" | "malformed"): ListOutcome {
  return { kind: "not-checked", why };
}

/** One list through a life of events; keeps what was said about it. */
class Life {
  health: ListHealth = NEW_LIST;
  readonly alerts: string[] = [];
  nowMs = 0;
  readonly #list;

  constructor(profile = "spamhaus-zen") {
    const lists = dnsLists([{ profile, key: "", kind: "address", answers: {} }]);
    assert.ok(lists.ok && lists.value[0]);
    this.#list = lists.value[0];
  }

  canaries(...results: CanaryResult[]): this {
    for (const result of results) this.#take(afterCanaries(this.health, result, this.#around()));
    return this;
  }

  says(...outcomes: ListOutcome[]): this {
    for (const outcome of outcomes) this.#take(afterOutcome(this.health, outcome, this.#around()));
    return this;
  }

  judged(sender: string, isListed: boolean, isOtherwiseGood = true): this {
    this.#take(afterJudgement(this.health, { sender, isListed, isOtherwiseGood }, this.#around()));
    return this;
  }

  skip(ipv6 = false): string | undefined {
    return skipReason(this.health, { ipv6, nowMs: this.nowMs });
  }

  #around() {
    return { list: this.#list, resolverName: "192.0.2.53", nowMs: this.nowMs };
  }

  #take({ health, alert }: HealthChange): void {
    this.health = health;
    if (alert !== undefined) this.alerts.push(alert.kind);
  }
}

test("a list counts for nothing until its canaries have sung", () => {
  const life = new Life();
  assert.equal(life.skip(), "unproven");
  assert.equal(life.canaries({ kind: "could-not-check" }).skip(), "unproven");
  assert.equal(life.canaries(HEALTHY).skip(), undefined);
  assert.deepEqual(life.alerts, []);
});

test("each bad state is told once, and so is the recovery", () => {
  for (const result of [{ kind: "dead" }, { kind: "lists-the-world" }, REFUSES] as const) {
    const life = new Life().canaries(HEALTHY, result, result, { kind: "could-not-check" });
    assert.equal(life.skip(), result.kind);
    assert.deepEqual(life.canaries(HEALTHY, HEALTHY).alerts, [result.kind, "healthy-again"]);
    assert.equal(life.skip(), undefined);
  }
});

test("canaries that could not be asked change nothing", () => {
  assert.equal(new Life().canaries(HEALTHY, { kind: "could-not-check" }).skip(), undefined);
  assert.equal(new Life().canaries(REFUSES, { kind: "could-not-check" }).skip(), "refuses-us");
});

test("without its IPv6 canaries a list is asked for IPv4 alone", () => {
  const life = new Life().canaries({ kind: "healthy", ipv6: false });
  assert.equal(life.skip(false), undefined);
  assert.equal(life.skip(true), "no-ipv6");
  assert.equal(life.canaries(HEALTHY).skip(true), undefined);
});

test("time-outs count in a row: an answer in between begins anew, and our own overload is not the list's", () => {
  const almost = Array.from({ length: TIMEOUTS_MAX - 1 }, () => TIMED_OUT);
  const life = new Life().canaries(HEALTHY).says(...almost, CLEAN, ...almost);
  life.says({ kind: "not-checked", why: "overloaded" }, { kind: "not-checked", why: "server-failure" });
  assert.equal(life.skip(), undefined);
  assert.equal(life.says(TIMED_OUT).skip(), "timing-out");
  assert.deepEqual(life.alerts, ["timing-out"]);
});

test("a list left alone is tried again; still silent it is left alone at once and quietly", () => {
  const life = new Life().canaries(HEALTHY).says(...Array.from({ length: TIMEOUTS_MAX + 3 }, () => TIMED_OUT));
  life.nowMs = LEFT_ALONE_MS - 1;
  assert.equal(life.skip(), "timing-out");
  life.nowMs = LEFT_ALONE_MS;
  assert.equal(life.skip(), undefined);
  assert.equal(life.says(TIMED_OUT).skip(), "timing-out");
  life.nowMs = 2 * LEFT_ALONE_MS;
  assert.equal(life.says(CLEAN).skip(), undefined);
  assert.deepEqual(life.alerts, ["timing-out", "healthy-again"]);
});

test("errors in a row are told once and do not keep a list from being asked; an answer ends them", () => {
  const row = Array.from({ length: ERRORS_MAX - 1 }, () => failed("server-failure"));
  const life = new Life().canaries(HEALTHY).says(...row, CLEAN, ...row);
  assert.deepEqual(life.alerts, []);
  life.says(failed("refused"), failed("malformed"), ...row);
  assert.deepEqual(life.alerts, ["failing"]);
  assert.equal(life.skip(), undefined);
  life.says(CLEAN, CLEAN, ...row);
  assert.deepEqual(life.alerts, ["failing", "healthy-again"]);
});

test("a list that names most of the good senders is suspended, whatever its canaries say, for an hour", () => {
  const life = new Life().canaries(HEALTHY);
  for (let i = 0; i < GOOD_SENDERS_MIN - 1; i++) life.judged(`192.0.2.${i}`, true);
  assert.equal(life.skip(), undefined);
  assert.equal(life.judged("192.0.2.200", true).skip(), "suspended");
  life.nowMs = SUSPENDED_MS - 1;
  assert.equal(life.canaries(HEALTHY).skip(), "suspended");
  life.nowMs = SUSPENDED_MS;
  assert.equal(life.canaries(HEALTHY).skip(), undefined);
  assert.deepEqual(life.alerts, ["suspended", "healthy-again"]);
  // The sample begins anew: one more good sender does not suspend it again.
  assert.equal(life.judged("192.0.2.1", true).skip(), undefined);
});

test("up to the share it is not suspended", () => {
  const life = new Life().canaries(HEALTHY);
  const listed = GOOD_SENDERS_MIN * GOOD_SENDERS_LISTED_SHARE_MAX;
  for (let i = 0; i < GOOD_SENDERS_MIN; i++) life.judged(`192.0.2.${i}`, i >= GOOD_SENDERS_MIN - listed);
  assert.equal(life.skip(), undefined);
  assert.equal(life.judged("192.0.2.100", true).skip(), "suspended");
});

test("senders that are bad anyway, one sender often, and an allow list never trip the breaker", () => {
  const bad = new Life().canaries(HEALTHY);
  const often = new Life().canaries(HEALTHY);
  const allow = new Life("dnswl").canaries(HEALTHY);
  for (let i = 0; i < 100; i++) {
    bad.judged(`192.0.2.${i}`, true, false);
    often.judged("192.0.2.1", true);
    allow.judged(`192.0.2.${i}`, true);
  }
  for (const life of [bad, often, allow]) assert.deepEqual([life.skip(), life.alerts], [undefined, []]);
});

test("the sample is bounded, and the latest senders count", () => {
  const life = new Life().canaries(HEALTHY);
  for (let i = 0; i < GOOD_SENDERS_MAX * 3; i++) life.judged(`sender ${i}`, false);
  assert.equal(life.health.goodSenders.size, GOOD_SENDERS_MAX);
  const toTrip = Math.floor(GOOD_SENDERS_MAX * GOOD_SENDERS_LISTED_SHARE_MAX) + 1;
  for (let i = 0; i < toTrip - 1; i++) life.judged(`listed ${i}`, true);
  assert.equal(life.skip(), undefined);
  assert.equal(life.judged("one more", true).skip(), "suspended");
});
