/** What `/metrics` says: the running server's figures. The web listeners' threads ask it over the control socket. */
import { z } from "zod";
import { type Metric, metricsText } from "#admin/metrics-text.ts";
import { failed, ok } from "#mail/result.ts";
import type { StoreStatistics } from "#store/directory-rows.ts";
import type { QuarantineFigures } from "#store/quarantine-row.ts";
import type { QueueCounts } from "#store/queue-rows.ts";
import { type ControlOutcome, command } from "./control-entry.ts";
import type { ServerStatus } from "./status-report.ts";

export const metricsCommands = {
  metrics: command(z.strictObject({}), async (context): Promise<ControlOutcome<string>> => {
    const running = await context.running();
    if (running === undefined) return failed("not-running");
    const { store } = context.administration;
    const [statistics, queue, quarantine, blockList] = await Promise.all([
      store.statistics(),
      store.countQueue(),
      store.countQuarantine(),
      store.listBlockList(),
    ]);
    const bans = blockList.filter(({ kind }) => kind === "ban").length;
    return ok(metricsText(metricsOf(running, { statistics, queue, quarantine, bans })));
  }),
};

interface Stored {
  readonly statistics: StoreStatistics;
  readonly queue: QueueCounts;
  readonly quarantine: QuarantineFigures;
  readonly bans: number;
}

export function metricsOf(running: ServerStatus, stored: Stored): readonly Metric[] {
  return [...serverMetrics(running), ...storeMetrics(stored), ...listMetrics(running)];
}

function serverMetrics(running: ServerStatus): readonly Metric[] {
  const { version, startedAtMs, connectionsOpen, limits, outcomes, tls, alerts } = running;
  const byLimit = (value: "max" | "peak" | "refused") =>
    limits.map((figure) => ({ labels: { limit: figure.limit }, value: figure[value] }));
  return [
    { ...gauge("postern_info", "Which version runs."), samples: [{ labels: { version }, value: 1 }] },
    single("postern_start_time_seconds", "When it began, in seconds since the epoch.", startedAtMs / 1000),
    single("postern_connections_open", "Connections open now.", connectionsOpen),
    { ...gauge("postern_limit_max", "Each limit of connections, as it is set."), samples: byLimit("max") },
    { ...gauge("postern_limit_peak", "The most that came of it since the start."), samples: byLimit("peak") },
    { ...counter("postern_limit_refused_total", "Connections and logins it refused."), samples: byLimit("refused") },
    {
      ...counter("postern_messages_total", "Messages that clients brought, by what happened to each."),
      samples: byOutcome(outcomes.messages),
    },
    {
      ...counter("postern_deliveries_total", "Tries at recipients of other servers, by what came of each."),
      samples: byOutcome(outcomes.deliveries),
    },
    {
      ...counter("postern_tls_handshakes_failed_total", "Handshakes that failed, by listener and reason."),
      samples: tls.handshakesFailed.map(({ listener, failure, count }) => ({
        labels: { listener, reason: failure },
        value: count,
      })),
    },
    {
      ...gauge("postern_certificate_end_seconds", "When each certificate ends, in seconds since the epoch."),
      samples: tls.certificates.map(({ file, keyType, validToMs }) => ({
        labels: { file, key_type: keyType },
        value: validToMs / 1000,
      })),
    },
    single("postern_alerts", "Alerts that `postern status` shows.", alerts.length),
  ];
}

function storeMetrics({ statistics, queue, quarantine, bans }: Stored): readonly Metric[] {
  return [
    single("postern_accounts", "Accounts.", statistics.accounts),
    single("postern_messages", "Messages kept.", statistics.messages),
    single("postern_store_octets", "Octets of mail kept.", statistics.sizeOctets),
    {
      ...gauge("postern_queue_recipients", "Recipients of mail for other servers, by state."),
      samples: (["waiting", "underWay", "held", "dead"] as const).map((state) => ({
        labels: { state: state === "underWay" ? "under-way" : state },
        value: queue[state],
      })),
    },
    single("postern_queue_messages", "Messages in the queue.", queue.messages),
    single("postern_quarantine_messages", "Messages kept back.", quarantine.messages),
    single("postern_bans", "Entries of the block list that ban.", bans),
  ];
}

function listMetrics({ lists }: ServerStatus): readonly Metric[] {
  return [
    {
      ...gauge("postern_list_healthy", "1 where a DNS list counts, 0 where it does not."),
      samples: lists.map(({ list, state }) => ({ labels: { list, state }, value: state === "healthy" ? 1 : 0 })),
    },
    {
      ...counter("postern_list_answers_total", "What each DNS list answered."),
      samples: lists.flatMap(({ list, listed, clean, unusable }) =>
        Object.entries({ listed, clean, unusable }).map(([answer, value]) => ({ labels: { list, answer }, value })),
      ),
    },
    {
      ...counter("postern_list_disagreed_total", "Messages that a list named and that were good."),
      samples: lists.map(({ list, disagreed }) => ({ labels: { list }, value: disagreed })),
    },
  ];
}

function byOutcome(counts: Readonly<Record<string, number>>): Metric["samples"] {
  return Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value }));
}

function gauge(name: string, help: string): Omit<Metric, "samples"> {
  return { name, kind: "gauge", help };
}

function counter(name: string, help: string): Omit<Metric, "samples"> {
  return { name, kind: "counter", help };
}

function single(name: string, help: string, value: number): Metric {
  return { ...gauge(name, help), samples: [{ value }] };
}
