import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Invocation } from "../command.ts";
import { readPlan, readTsigKey } from "./plan.ts";

function plan(options: Readonly<Record<string, string | true>>) {
  const given = { domain: "example.com", admin: "admin@example.com", ...options };
  const of = (name: string): string | true | undefined => (given as Record<string, string | true>)[name];
  const invocation: Invocation = {
    operands: [],
    json: false,
    option: (name) => {
      const value = of(name);
      return typeof value === "string" ? value : undefined;
    },
    flag: (name) => of(name) === true,
    out: { line: () => undefined, json: () => undefined, problem: () => undefined, colour: false },
  };
  return readPlan(invocation);
}

test("domain and administrator are enough: Let's Encrypt, all addresses, records by hand", () => {
  const read = plan({});
  assert.ok(read.ok);
  const { hostname, dir, dataDir, certificate, publish, user, isConfirmed } = read.value;
  assert.deepEqual([hostname, dir, dataDir, user], ["mail.example.com", "/etc/postern", "/var/lib/postern", "postern"]);
  assert.deepEqual(certificate, { kind: "acme", directory: undefined, caFile: undefined });
  assert.deepEqual([publish, isConfirmed], [{ kind: "by-hand" }, false]);
});

for (const [what, options, about] of [
  ["no domain", { domain: "localhost" }, /--domain/],
  ["an address literal for a domain", { domain: "[192.0.2.1]" }, /--domain/],
  ["an administrator without a domain", { admin: "root" }, /--admin/],
  ["a second MX that is the first", { "second-mx": "mail.example.com" }, /--second-mx/],
  ["a name to bind to", { bind: "mail.example.com" }, /--bind/],
  ["two ways to a certificate", { "self-signed": true, "acme-directory": "https://ca.example/" }, /choose one/],
  ["a certificate without its key", { certificate: import.meta.filename }, /belong together/],
  ["a file that is not there", { certificate: "/nonexistent", key: "/nonexistent" }, /no file/],
  ["an update without a key", { rfc2136: "192.0.2.53" }, /belong together/],
  ["two ways to publish", { rfc2136: "192.0.2.53", tsig: "a:YQ==", "dns-hook": "/bin/true" }, /choose one/],
  ["a user that is none", { user: "a b" }, /--user/],
] as const) {
  test(`${what} is refused in a line that names the option`, () => {
    const read = plan(options);
    assert.ok(!read.ok);
    assert.match(read.problem, about);
  });
}

for (const [text, expected] of [
  ["Setup.:c2VjcmV0", ["setup", "hmac-sha256", "secret"]],
  ["hmac-sha512:setup:c2VjcmV0", ["setup", "hmac-sha512", "secret"]],
  ["hmac-md5:setup:c2VjcmV0", undefined],
  ["setup:not base64", undefined],
  ["setup", undefined],
  [":c2VjcmV0", undefined],
  ["hmac-sha256:a:b:c", undefined],
] as const) {
  test(`the key ${JSON.stringify(text)}`, () => {
    const key = readTsigKey(text);
    const found = key.ok ? [key.value.name, key.value.algorithm, Buffer.from(key.value.secret).toString()] : undefined;
    assert.deepEqual(found, expected);
  });
}
