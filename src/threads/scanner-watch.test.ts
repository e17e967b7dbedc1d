import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { decided, scanned } from "../../test/fakes/evidence.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { Settings } from "../config/settings.ts";
import type { ScanOrigin } from "../reception/message-scan.ts";
import type { Alert } from "./alert.ts";
import { milterTransaction } from "./milter-transaction.ts";
import { ScannerWatch } from "./scanner-watch.ts";

const SLOW = { kind: "unavailable", why: "slow", detail: "no answer in 100 ms" } as const;

const ORIGIN: ScanOrigin = {
  id: "01DECISION",
  listener: "smtp",
  address: "198.51.100.7",
  port: 40000,
  clientName: "mail.sender.example",
  reverseName: undefined,
  tls: undefined,
  login: undefined,
  mailFrom: "a@sender.example",
  recipients: ["user@local.test"],
  leavesServer: false,
};
const BY_ALICE = { ...ORIGIN, login: { account: "alice@local.test", mechanism: "PLAIN" } };

function world(whenUnavailable: "defer" | "accept" = "defer", mode: "enforce" | "shadow" = "enforce") {
  const clock = new FakeClock();
  const log = new FakeLog();
  const alerts: Alert[] = [];
  const settled: string[] = [];
  const settings = {
    antivirus: { clamd: "/run/clamd.ctl", timeoutMs: 1, maxOctets: 1, whenUnavailable },
    milters: [{ at: "/milter", timeoutMs: 1, whenUnavailable, listeners: [] }],
    rules: { antivirus: mode, milter: mode } as unknown as Settings["rules"],
  };
  const gate = {
    alert: (alert: Alert) => void alerts.push(alert),
    settled: (name: string, subject: string) => void settled.push(`${name} ${subject}`),
  };
  return { clock, log, alerts, settled, watch: new ScannerWatch({ settings, clock, log, gate }) };
}

suite("a scanner that does not look at mail", () => {
  test("is an alert that says what becomes of mail and what to do, and a line in the log", () => {
    const { watch, alerts, log } = world();
    watch.scanned(scanned(SLOW), ORIGIN);
    const [alert] = alerts;
    assert.deepEqual(
      [alert?.name, alert?.subject, alert?.evidence],
      ["scanner-unavailable", "/run/clamd.ctl", ["01DECISION"]],
    );
    assert.match(alert?.text ?? "", /does not look at mail \(slow: no answer in 100 ms\): mail is deferred\.$/);
    assert.notEqual(alert?.remedy, "");
    assert.equal(log.lines.filter(({ event }) => event === "not-scanned").length, 1);
  });

  test("is one for a milter as well, and where mail is taken without it, or the rule is in shadow", () => {
    const { watch, alerts } = world("accept");
    watch.filtered({ milter: "/milter", result: SLOW, tookMs: 1 }, ORIGIN);
    assert.match(alerts[0]?.text ?? "", /^The milter \/milter .* mail is taken unscanned\.$/);
    const shadow = world("defer", "shadow");
    shadow.watch.scanned(scanned(SLOW), ORIGIN);
    assert.match(shadow.alerts[0]?.text ?? "", /mail is taken unscanned/);
  });

  test("is settled when it looks again, whichever thread raised it; that is told now and then", () => {
    const { watch, clock, settled } = world();
    const clean = scanned({ kind: "clean" });
    watch.scanned(clean, ORIGIN);
    watch.scanned(clean, ORIGIN);
    assert.deepEqual(settled, ["scanner-unavailable /run/clamd.ctl"]);
    watch.scanned(scanned(SLOW), ORIGIN);
    watch.scanned(clean, ORIGIN);
    assert.equal(settled.length, 2);
    clock.advance(2000);
    watch.scanned(clean, ORIGIN);
    watch.filtered({ milter: "/milter", result: decided("reject"), tookMs: 1 }, ORIGIN);
    assert.deepEqual(settled.slice(2), ["scanner-unavailable /run/clamd.ctl", "scanner-unavailable /milter"]);
  });
});

test("a user who sends a virus is told to the administrator, a stranger is not", () => {
  const { watch, alerts } = world();
  const found = scanned({ kind: "found", name: "Eicar" });
  watch.scanned(found, ORIGIN);
  watch.scanned(found, BY_ALICE);
  assert.deepEqual(
    alerts.map(({ name, subject }) => [name, subject]),
    [["virus-from-user", "alice@local.test"]],
  );
});

suite("a transaction in a milter's terms", () => {
  const server = { hostname: "mx.local.test", version: "1" };

  test("nobody who has not logged in is shown as a user", () => {
    assert.equal(milterTransaction(ORIGIN, server).macros.mail?.["{auth_authen}"], undefined);
    const { mail } = milterTransaction(BY_ALICE, server).macros;
    assert.deepEqual([mail?.["{auth_type}"], mail?.["{auth_authen}"]], ["PLAIN", "alice@local.test"]);
  });

  test("a client without a confirmed name is its address in brackets, and its name is unknown", () => {
    const { client, macros } = milterTransaction(ORIGIN, server);
    assert.deepEqual([client.name, macros.connect?.["{client_name}"]], ["[198.51.100.7]", "unknown"]);
    const named = milterTransaction({ ...ORIGIN, reverseName: "mail.sender.example" }, server);
    assert.deepEqual(
      [named.client.name, named.macros.connect?.["{client_name}"]],
      ["mail.sender.example", "mail.sender.example"],
    );
  });

  test("the null reverse-path is <>, and the ID is in every step that filters log", () => {
    const { sender, macros } = milterTransaction({ ...ORIGIN, mailFrom: "" }, server);
    assert.equal(sender, "<>");
    for (const stage of ["mail", "recipient", "data", "end-of-headers", "end"] as const) {
      assert.equal(macros[stage]?.["i"], "01DECISION");
    }
  });
});
