import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatEndpoint } from "#config/endpoint.ts";
import { firstRunSettings } from "#config/first-run-settings.ts";
import { settingsFrom } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import { firstRunPage } from "./first-run-page.ts";
import { tenProtections } from "./ten-protections.ts";

const COLUMNS = 80;

function trialSettings(hasIpv6: boolean): Settings {
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => hasIpv6 };
  const name = { file: "/srv/postern-data/postern.toml", shownAs: "postern.toml" };
  const loaded = settingsFrom(firstRunSettings({ hasIpv6 }), name, machine);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problem.map(formatProblem).join("\n"));
  assert.deepEqual(loaded.value.warnings, []);
  return loaded.value.settings;
}

function page(colour: boolean): string {
  const settings = trialSettings(true);
  const run = {
    settings,
    listening: settings.listeners.map(({ protocol, tls, endpoint }) => ({
      protocol,
      tls,
      endpoint: formatEndpoint(endpoint),
    })),
    accounts: [
      { address: "alice@example.test", password: "00000-11111-22222-33333" },
      { address: "bob@example.test", password: "44444-55555-66666-77777" },
    ],
    settingsFile: "postern-data/postern.toml",
    certificateFile: "postern-data/tls/self-signed.pem",
    protections: tenProtections(settings, { relaySelfTest: "passed" }),
  };
  return firstRunPage(run, { colour });
}

suite("the first run", () => {
  test("its settings are sound, reach nobody and are reached by nobody", () => {
    for (const hasIpv6 of [true, false]) {
      const { listeners, delivery, relay } = trialSettings(hasIpv6);
      assert.equal(delivery.hold, true);
      assert.deepEqual(relay.trustedNetworks, []);
      const hosts = new Set(listeners.map(({ endpoint }) => (endpoint.kind === "tcp" ? endpoint.host : endpoint.path)));
      assert.deepEqual([...hosts], hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]);
    }
  });

  test("the page fits 80 columns and has everything that is needed to try", () => {
    const lines = page(false).split("\n");
    assert.deepEqual(
      lines.filter((line) => line.length > COLUMNS),
      [],
    );
    for (const needed of ["2525", "2587", "2465", "2993", "2995", "alice@example.test  00000-11111-22222-33333"]) {
      assert.ok(page(false).includes(needed), needed);
    }
    assert.equal(lines.filter((line) => /^ {2}[ 1]\d /.test(line)).length, 10);
  });

  test("colour is for terminals alone", () => {
    assert.ok(!page(false).includes("\u001B"));
    assert.ok(page(true).includes("\u001B[1mListeners"));
  });

  test("what is not built is not called on", () => {
    for (const { name, state } of tenProtections(trialSettings(true))) {
      if (/two MX/.test(name)) assert.notEqual(state, "on", name);
    }
  });
});
