import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Alert } from "./alert.ts";
import { NextHopAlerts } from "./next-hop-alerts.ts";

const HOP = "relay.example.net:587";
const REFUSAL = { hop: HOP, username: "mx1.example.com", said: "535 5.7.8 no" };
const DAY_MS = 24 * 60 * 60 * 1000;

function world() {
  const clock = new FakeClock();
  const alerts: Alert[] = [];
  const settled: string[] = [];
  const gate = {
    alert: (alert: Alert) => void alerts.push(alert),
    settled: (name: string, subject: string) => void settled.push(`${name} ${subject}`),
  };
  return { clock, alerts, settled, watch: new NextHopAlerts({ clock, gate }) };
}

test("a refused login is told once however many messages meet it, with what was said and what to do", () => {
  const { alerts, watch } = world();
  for (let message = 0; message < 1000; message++) watch.loginRefused(REFUSAL);
  assert.equal(alerts.length, 1);
  const [alert] = alerts;
  assert.equal(alert?.subject, HOP);
  assert.match(
    alert?.text ?? "",
    /does not let mx1\.example\.com in \(535 5\.7\.8 no\): all mail that goes there waits/,
  );
  assert.match(alert?.remedy ?? "", /relay_username and relay_password .* reload; then `postern queue retry all`/);
  watch.loginRefused({ hop: "other.example:25", username: undefined, said: "530 5.7.0 log in" });
  assert.match(alerts[1]?.text ?? "", /other\.example:25 asks for a login, and the settings have none/);
});

test("it is told again while it lasts, so that it does not fade from the status", () => {
  const { alerts, clock, watch } = world();
  for (let hour = 0; hour < 24; hour++) {
    watch.loginRefused(REFUSAL);
    clock.advance(DAY_MS / 24);
  }
  assert.equal(alerts.length, 2);
});

test("it is over with the first login, that of a new thread too, and told anew when it comes back", () => {
  const { alerts, settled, watch } = world();
  watch.loginWorks(HOP);
  assert.deepEqual(settled, [`next-hop-login ${HOP}`], "the alert may be that of the settings before");
  watch.loginWorks(HOP);
  assert.equal(settled.length, 1);
  watch.loginRefused(REFUSAL);
  watch.loginWorks(HOP);
  assert.equal(settled.length, 2);
  watch.loginRefused(REFUSAL);
  assert.equal(alerts.length, 2);
});
