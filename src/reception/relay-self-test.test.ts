import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { smallDirectory } from "../../test/fakes/directory.ts";
import { type RelaySelfTestSettings, runRelaySelfTest } from "./relay-self-test.ts";
import { relayVectors } from "./relay-vectors.ts";
import { type ReceptionSettings, receptionDefaults } from "./settings.ts";

const DOMAINS = [
  { name: "local.test", role: "primary" },
  { name: "relay.test", role: "secondary" },
] as const;

suite("relay self-test", () => {
  test("holds the same rows as the shared vectors", () => {
    const shared: unknown = JSON.parse(readFileSync("test/vectors/relay.json", "utf8"));
    assert.deepEqual(relayVectors, (shared as { vectors: unknown }).vectors);
  });

  test("every vector is answered rightly on MX and submission, over IPv4 and IPv6, with and without TLS (R01, R04)", async () => {
    const results = await runRelaySelfTest({ directory: smallDirectory(), settings: settings() });
    assert.deepEqual(wrong(results), []);
    // 50 vectors, two listeners, before and after TLS, four pairs of addresses.
    assert.equal(results.length, 50 * 2 * 2 * 4);
  });

  test("speaks in the installation's own names", async () => {
    const directory = smallDirectory();
    directory.domains.clear();
    directory.domains.set("example.org", "primary");
    directory.add(2, "postmaster@example.org");
    const domains = [{ name: "example.org", role: "primary" }] as const;
    assert.deepEqual(wrong(await runRelaySelfTest({ directory, settings: { ...settings(), domains } })), []);
  });

  test("says nothing about accounts that do not exist", async () => {
    const directory = smallDirectory();
    directory.admin = undefined;
    const results = await runRelaySelfTest({ directory, settings: settings() });
    assert.deepEqual(wrong(results), []);
    const ids = new Set(results.filter(({ listener }) => listener.startsWith("smtp")).map(({ id }) => id));
    assert.ok(!ids.has("relay-50") && !ids.has("relay-33") && ids.has("relay-49"));
  });

  test("a catch-all is no relay", async () => {
    const directory = smallDirectory();
    const all = directory.resolve.bind(directory);
    directory.resolve = async (mailbox) =>
      mailbox.domain === "local.test" ? all({ ...mailbox, localPart: "user" }) : all(mailbox);
    assert.deepEqual(wrong(await runRelaySelfTest({ directory, settings: settings() })), []);
  });

  test("a trusted network lets plain recipients through on submission, never disguised ones, never on the MX", async () => {
    const relay = { trustedNetworks: ["10.1.2.0/24"], trustedOnMx: false, ownAddresses: [] };
    const results = await runRelaySelfTest({
      directory: smallDirectory(),
      settings: settings({ relay, outbound: "held" }),
    });
    assert.deepEqual(wrong(results), []);
    const granted = results.filter(({ got, id }) => got === "250 at RCPT" && id === "relay-01");
    assert.deepEqual(
      granted.map(({ listener }) => listener),
      ["submission, clear text, from 10.1.2.0 (trusted)", "submission, TLS, from 10.1.2.0 (trusted)"],
    );
  });

  test("fails when foreign domains are taken for ours", async () => {
    const directory = smallDirectory();
    directory.domainRole = () => "primary";
    directory.resolve = async () => directory.resolvePostmaster();
    directory.resolvePostmaster = async () => ({
      kind: "accounts",
      recipients: [{ accountId: 1, address: "user@local.test", usedOctets: 0, quotaOctets: null }],
      forwards: [],
    });
    const results = await runRelaySelfTest({ directory, settings: settings() });
    assert.ok(wrong(results).some((line) => line.startsWith("relay-01 on smtp")));
  });
});

function settings(changes: Partial<ReceptionSettings> = {}): RelaySelfTestSettings {
  return { reception: { ...receptionDefaults, hostname: "mx.local.test", ...changes }, domains: DOMAINS };
}

function wrong(results: Awaited<ReturnType<typeof runRelaySelfTest>>): string[] {
  return results
    .filter(({ passed }) => !passed)
    .map(({ id, listener, expected, got }) => `${id} on ${listener}: expected ${expected}, got ${got}`);
}
