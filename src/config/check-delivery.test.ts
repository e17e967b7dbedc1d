import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { thisMachine } from "./surroundings.ts";

function check(text: string, ...expected: readonly string[]): void {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[delivery]\nhold = true\n${text}\n`;
  const loaded = settingsFrom(source, { file: "/etc/postern/postern.toml", shownAs: "postern.toml" }, thisMachine);
  const problems = loaded.ok ? loaded.value.warnings : loaded.problem;
  const found = problems.map((problem) => formatProblem(problem));
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [i, words] of expected.entries()) assert.ok(found[i]?.includes(words), found[i]);
}

function route(more: string): string {
  return `[[route]]\ndomain = "peer.test"\n${more}\n`;
}

const LOGIN = 'relay_username = "u"\nrelay_password = "secret-one"';

test("no setting lets a password through in clear", () => {
  check(`relay_host = "smtp.example.net:587"\n${LOGIN}`);
  check(`relay_host = "smtp.example.net:587"\n${LOGIN}\ntls = "encrypt"`);
  for (const tls of ["none", "opportunistic"]) {
    check(`relay_host = "smtp.example.net"\n${LOGIN}\ntls = "${tls}"`, "A password needs TLS");
    check(route(`host = "h.test"\nusername = "u"\npassword = "p"\ntls = "${tls}"`), "A password needs TLS");
  }
});

test("a password needs a host that was named", () => {
  check(LOGIN, "no host to log in to");
  check(`relay_host = "unix:/run/lmtp"\n${LOGIN}`, "no host to log in to");
});

test("routes: each domain once, LMTP with a host, none for a domain that is ours", () => {
  check(route('host = "192.0.2.5:2525"\nprotocol = "lmtp"\nsource_addresses = ["192.0.2.1", "2001:db8::1"]'));
  check(route("") + route(""), "two routes for peer.test");
  check(route('protocol = "lmtp"'), "LMTP needs a host");
  check(route('source_addresses = ["192.0.2.1", "192.0.2.2"]'), "Two source addresses of one family");
  check('[[route]]\ndomain = "example.com"', "never taken");
  check(route('host = "a b"'), "must be a host such as");
});
