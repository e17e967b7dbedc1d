import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "./load.ts";
import type { Surroundings } from "./surroundings.ts";

const machine: Surroundings = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };
const OCTETS = Array.from({ length: 32 }, (_, octet) => (octet + 160).toString(16));

function load(more: string) {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[client_certificates]\n${more}`;
  return settingsFrom(source, { file: "/etc/postern/postern.toml", shownAs: "postern.toml" }, machine);
}

function check(more: string, expected: readonly RegExp[]): void {
  const loaded = load(more);
  const messages = loaded.ok ? [] : loaded.problem.map(({ message }) => message);
  assert.equal(messages.length, expected.length, messages.join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(messages[index] ?? "", pattern);
}

test("without an authority nobody is asked for a certificate", () => {
  const loaded = load("");
  assert.ok(loaded.ok);
  assert.equal(loaded.value.settings.clientCertificates, undefined);
});
test("what only an authority gives a meaning needs one", () => {
  check('crl_file = "/etc/hostname"', [/ca_file is missing/]);
  check(`accounts = { "${OCTETS.join("")}" = "alice@example.com" }`, [/ca_file is missing/]);
});
test("files that are not there are told", () =>
  check('ca_file = "ca.pem"\ncrl_file = "crl.pem"', [/ca_file, \/etc\/postern\/ca\.pem, is not/, /crl_file.*is not/]));
test("fingerprints are taken as openssl writes them, and without colons", () => {
  for (const fingerprint of [OCTETS.join(""), OCTETS.join(":").toUpperCase()]) {
    const loaded = load(`ca_file = "/etc/hostname"\naccounts = { "${fingerprint}" = "alice@example.com" }`);
    assert.ok(loaded.ok);
    const { accounts } = loaded.value.settings.clientCertificates ?? {};
    assert.deepEqual(accounts, { [OCTETS.join(":").toUpperCase()]: "alice@example.com" });
  }
  check('ca_file = "/etc/hostname"\naccounts = { "ab:cd" = "alice@example.com" }', [/fingerprint/]);
});
