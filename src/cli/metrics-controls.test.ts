import assert from "node:assert/strict";
import { test } from "node:test";
import { metricsText } from "#admin/metrics-text.ts";
import { metricsOf } from "./metrics-controls.ts";
import type { ServerStatus } from "./status-report.ts";

const RUNNING: ServerStatus = {
  version: "1.2.3",
  processId: 7,
  startedAtMs: 1_700_000_000_500,
  nowMs: 1_700_000_100_000,
  listeners: [],
  connectionsOpen: 12,
  limits: [{ limit: "connections_total", max: 1000, peak: 40, refused: 3 }],
  outcomes: {
    messages: { accept: 11, junk: 4, quarantine: 1, defer: 2, reject: 30 },
    deliveries: { delivered: 8, deferred: 3, failed: 1 },
  },
  lists: [
    {
      list: "zen",
      title: "ZEN",
      zone: "zen.test",
      state: "refuses-us",
      lastAtMs: 1,
      lastAnswer: "clean",
      listed: 2,
      clean: 5,
      unusable: 1,
      judged: 2,
      disagreed: 1,
      hitRate: 0.3,
      disagreement: 0.5,
    },
  ],
  tls: {
    handshakesFailed: [],
    logins: [],
    certificates: [{ names: ["mx.example.com"], keyType: "ec", validToMs: 1_800_000_000_000, file: "a.pem" }],
    served: [],
    accounts: { 1: "alice@example.com" },
  },
  alerts: [],
  proofs: [],
};

test("figures of a running server, each with its name, and of nobody's name", () => {
  const text = metricsText(
    metricsOf(RUNNING, {
      statistics: { accounts: 2, messages: 9, sizeOctets: 4096, queued: 3, schemaVersion: 1 },
      queue: { messages: 2, waiting: 3, underWay: 1, held: 4, dead: 0, suppressed: 0, nextDueMs: null },
      quarantine: { messages: 5, sizeOctets: 10 },
      bans: 6,
    }),
  );
  for (const line of [
    'postern_info{version="1.2.3"} 1',
    "postern_start_time_seconds 1700000000.5",
    "postern_connections_open 12",
    'postern_limit_refused_total{limit="connections_total"} 3',
    'postern_certificate_end_seconds{file="a.pem",key_type="ec"} 1800000000',
    'postern_queue_recipients{state="under-way"} 1',
    "postern_bans 6",
    'postern_messages_total{outcome="reject"} 30',
    'postern_deliveries_total{outcome="deferred"} 3',
    'postern_list_healthy{list="zen",state="refuses-us"} 0',
    'postern_list_answers_total{list="zen",answer="clean"} 5',
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
  assert.doesNotMatch(text, /alice/);
  // Each has its help and its kind once, before its samples.
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
});
