import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeResolver } from "../../test/fakes/resolver.ts";
import { wantedNames } from "./wanted-names.ts";

const settings = { hostname: "mx1.example.com", domains: ["example.com", "example.org"], names: [] };

async function check(names: ConstructorParameters<typeof FakeResolver>[0], expected: readonly string[]): Promise<void> {
  assert.deepEqual(await wantedNames(settings, new FakeResolver(names), 1000), expected);
}

test("names below the domains are taken where they lead to the same addresses", () =>
  check(
    {
      "mx1.example.com": { A: ["192.0.2.1"], AAAA: ["2001:db8::1"] },
      "mta-sts.example.com": { A: ["192.0.2.1"] },
      "autoconfig.example.com": { alias: "mx1.example.com" },
      "autodiscover.example.com": { A: ["198.51.100.7"] },
      "autoconfig.example.org": { AAAA: ["2001:db8::1"] },
    },
    ["mx1.example.com", "mta-sts.example.com", "autoconfig.example.com", "autoconfig.example.org"],
  ));

test("what the DNS does not say is left out, and costs nobody else", () =>
  check({ "mx1.example.com": { A: ["192.0.2.1"] }, "mta-sts.example.com": "timed-out" }, ["mx1.example.com"]));

test("the host name is always there", () => check({}, ["mx1.example.com"]));

test("names of the settings are taken as they are", async () => {
  const resolver = new FakeResolver();
  assert.deepEqual(await wantedNames({ ...settings, names: ["a.example", "a.example"] }, resolver, 1000), [
    "a.example",
  ]);
  assert.equal(resolver.questions.length, 0);
});
