/**
 * Numbers that the guides promise, written out. The tests of each bound say what happens at it, wherever it lies; this one says
 * where it lies: who changes one changes what people were told.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { CONNECT_MS, STAGE_MS } from "#delivery/remote/limits.ts";
import { ADDRESSES_MAX } from "#delivery/routing/limits.ts";
import { HEADER_OCTETS_MAX, SIGNATURES_MAX } from "#evidence/dkim/limits.ts";
import * as lists from "#evidence/dnsbl/limits.ts";
import { POINTER_NAMES_MAX } from "#evidence/reverse-dns/limits.ts";
import * as spf from "#evidence/spf/limits.ts";
import { HOSTS_MAX } from "#evidence/urls/limits.ts";
import * as bans from "#gate/block-list/limits.ts";
import { KNOWN_SOURCE_MS } from "#gate/limits/limits.ts";
import { CACHE_SECONDS_MAX } from "#platform/dns/limits.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const loaded = settingsFrom(
  'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n',
  { file: "/x/postern.toml", shownAs: "postern.toml" },
  { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true },
);
assert.ok(loaded.ok);
const { limits, dns, verdict, queue } = loaded.value.settings;

test("DNS lists: one budget, answers kept a minute to an hour, silence, canaries, and the breaker", () => {
  assert.deepEqual([lists.LISTS_BUDGET_MS, dns.timeoutMs], [3 * SECOND_MS, 3 * SECOND_MS]);
  assert.deepEqual([lists.ANSWER_SECONDS_MIN, CACHE_SECONDS_MAX], [60, 3600]);
  assert.deepEqual([lists.TIMEOUTS_MAX, lists.LEFT_ALONE_MS], [5, 5 * MINUTE_MS]);
  assert.equal(lists.CANARIES_EVERY_MS, 15 * MINUTE_MS);
  assert.equal(lists.GOOD_SENDERS_LISTED_SHARE_MAX, 0.6);
  assert.deepEqual([lists.QUESTIONS_MAX, HOSTS_MAX], [64, 40]);
});

test("bans: ten minutes, twice as long each time, to seven days; what counts and for how long", () => {
  assert.deepEqual([bans.BAN_FIRST_MS, bans.BAN_LONGEST_MS], [10 * MINUTE_MS, 7 * DAY_MS]);
  assert.deepEqual([bans.EVIDENCE_HALF_LIFE_MS, bans.PREVIOUS_PASSWORD_MS], [HOUR_MS, DAY_MS]);
  assert.deepEqual([bans.GOOD_FOR_MS, KNOWN_SOURCE_MS], [30 * DAY_MS, 30 * DAY_MS]);
  assert.deepEqual([bans.HIDDEN_WINDOW_MS, bans.HIDDEN_SESSIONS_MIN], [10 * MINUTE_MS, 30]);
});

test("SPF, DKIM and names: the terms of the standards", () => {
  assert.deepEqual([spf.LOOKUPS_MAX, spf.EXCHANGES_MAX, spf.VOIDS_MAX, spf.SPF_TIME_MS], [10, 10, 2, 20 * SECOND_MS]);
  assert.deepEqual([SIGNATURES_MAX, HEADER_OCTETS_MAX], [10, 256 * 1024]);
  assert.equal(POINTER_NAMES_MAX, 10);
});

test("limits of connections and sessions", () => {
  assert.deepEqual(limits, {
    ...limits,
    connectionsTotal: 1000,
    connectionsReservedAuthenticatedPercent: 10,
    connectionsReservedAdminPercent: 5,
    connectionsPerAddress: 20,
    connectionsPerMinutePerAddress: 60,
    connectionsPerSlash24: 60,
    connectionsPerMinutePerSlash24: 180,
    connectionsPerSlash64: 20,
    connectionsPerMinutePerSlash64: 60,
    connectionsPerSlash48: 60,
    connectionsPerMinutePerSlash48: 180,
    imapConnectionsPerAccount: 50,
    imapConnectionsPerAddress: 200,
    preAuthenticationTimeoutMs: 30 * SECOND_MS,
    commandTimeoutMs: 300 * SECOND_MS,
    commandTimeoutUnderLoadMs: 60 * SECOND_MS,
    dataOctetsPerSecondMin: 500,
    messageSizeOctetsMax: 52_428_800,
    recipientsPerTransaction: 100,
    unknownRecipientsSample: 10,
    unknownRecipientsPercent: 50,
    errorsPerSession: 20,
  });
  assert.ok(limits.messageInMemoryOctetsMax <= 1024 * 1024);
});

test("scores", () => {
  const { greylistScore, junkScore, rejectScore } = verdict;
  assert.deepEqual([greylistScore, junkScore, rejectScore], [4, 6, 15]);
});

test("sending: five addresses, half a minute for a connection, ten for the last answer, five days in all", () => {
  assert.deepEqual([ADDRESSES_MAX, CONNECT_MS, STAGE_MS["final-dot"]], [5, 30 * SECOND_MS, 10 * MINUTE_MS]);
  assert.deepEqual(
    [queue.retryFirstMinutes, queue.retryLongestMinutes, queue.warnsHours, queue.expiresHours],
    [5, 240, 4, 120],
  );
});
