import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { settingsFrom } from "./load.ts";
import type { Surroundings } from "./surroundings.ts";

const machine: Surroundings = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };

function load(more: string, folder = "/etc/postern") {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[oauth]\n${more}`;
  return settingsFrom(source, { file: join(folder, "postern.toml"), shownAs: "postern.toml" }, machine);
}

function check(more: string, expected: readonly RegExp[]): void {
  const loaded = load(more);
  const messages = loaded.ok ? [] : loaded.problem.map(({ message }) => message);
  assert.equal(messages.length, expected.length, messages.join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(messages[index] ?? "", pattern);
}

const ISSUER = 'issuer = "https://login.example.com/realms/staff"\n';
const INTROSPECTION = 'introspection_url = "https://login.example.com/introspect"\n';

test("issuer and audience are enough", () => check(`${ISSUER}audiences = ["mail"]`, []));
test("nothing is enough, too: no tokens are taken", () => {
  const loaded = load("");
  assert.ok(loaded.ok);
  assert.equal(loaded.value.settings.oauth, undefined);
});
test("any token of the provider would do without an audience", () => check(ISSUER, [/audiences is empty/]));
test("an audience without a provider", () => check('audiences = ["mail"]', [/issuer is missing/]));
test("a provider in clear, or with a password in its address, is refused", () => {
  check('issuer = "http://login.example.com"\naudiences = ["mail"]', [/no https address/]);
  check('issuer = "https://a:b@login.example.com"\naudiences = ["mail"]', [/no https address/]);
});
test("one on this machine may be asked in clear", () =>
  check('issuer = "http://127.0.0.1:8080/realms/x"\naudiences = ["mail"]', []));
test("whoever asks about tokens has a name and a secret", () =>
  check(ISSUER + INTROSPECTION, [/nobody it does not know/]));
test("keys or introspection", () =>
  check(
    `${ISSUER}${INTROSPECTION}audiences = ["a"]\nkeys_url = "https://x.example/k"\nclient_id = "p"\nclient_secret_file = "/nonexistent"`,
    [/by keys or by introspection/, /client_secret_file.*is not there/],
  ));
test("no signature of a shared secret, nor none, can be believed", () => {
  for (const name of ["HS256", "none"])
    check(`${ISSUER}audiences = ["mail"]\nalgorithms = ["${name}"]`, [/algorithms/]);
});
test("files are read with the settings", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "postern-oauth-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "secret"), "s3cret\n");
  writeFileSync(join(folder, "ca.pem"), "PEM");
  const loaded = load(
    `${ISSUER}${INTROSPECTION}client_id = "p"\nclient_secret_file = "secret"\nca_file = "ca.pem"`,
    folder,
  );
  assert.ok(loaded.ok);
  const { clientSecret, authoritiesPem } = loaded.value.settings.oauth ?? {};
  assert.deepEqual([clientSecret, authoritiesPem], ["s3cret", "PEM"]);
});
