import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "./load.ts";
import type { Surroundings } from "./surroundings.ts";

const machine: Surroundings = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };

function check(more: string, expected: readonly RegExp[]): void {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n${more}`;
  const loaded = settingsFrom(source, { file: "/etc/postern/postern.toml", shownAs: "postern.toml" }, machine);
  const errors = loaded.ok ? [] : loaded.problem.filter(({ severity }) => severity === "error");
  assert.equal(errors.length, expected.length, JSON.stringify(errors));
  for (const [index, pattern] of expected.entries()) assert.match(errors[index]?.message ?? "", pattern);
}

const ACME = '[tls]\nsource = "acme"\n[acme]\n';

test("a host name and a domain are enough for certificates from an authority", () => check(ACME, []));

test("a directory without TLS is refused", () =>
  check(`${ACME}directory_url = "http://ca.example/"\n`, [/no https address/]));

test("dns-01 needs a hook, and one that can be run", () => {
  check(`${ACME}challenge = "dns-01"\n`, [/needs a program/]);
  check(`${ACME}challenge = "dns-01"\nhook = "/nonexistent/hook"\n`, [/acme\.hook.*is not there/]);
  check(`${ACME}challenge = "dns-01"\nhook = "/bin/true"\n`, []);
});

test("a challenge that comes over HTTP needs a listener for it", () =>
  check(`${ACME}[[listener]]\nprotocol = "smtp"\nbind = "0.0.0.0:25"\n`, [/http-01 needs a listener for http/]));

test("the two halves of an account at the authority belong together", () =>
  check(`${ACME}eab_key_id = "a"\n`, [/belong together/]));

test("without acme none of it matters", () => check('[acme]\nchallenge = "dns-01"\n', []));
