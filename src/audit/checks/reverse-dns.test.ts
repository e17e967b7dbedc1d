import assert from "node:assert/strict";
import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, withSession } from "../facts/changed.test-data.ts";
import { goodFacts, reverseOf } from "../facts/facts.test-data.ts";
import { checkReverse } from "./reverse-dns.ts";

const reverse =
  (change: Partial<ReturnType<typeof reverseOf>>): Change =>
  ({ hosts }) => ({
    hosts: hosts.map((host) => {
      if (host.addresses.kind !== "known") return host;
      return {
        ...host,
        addresses: known(host.addresses.value.map((one) => ({ ...one, reverse: { ...one.reverse, ...change } }))),
      };
    }),
  });
test("no name, a name that leads elsewhere, a customer's name, a time-out", () => {
  check("reverse-dns", "fail", reverse({ state: "no-name" }));
  check("reverse-dns", "fail", reverse({ state: "not-confirmed" }));
  check(
    "reverse-dns-generic",
    "warn",
    reverse({ generic: { name: "192-0-2-1.pool.example.net", weight: 3, signs: ["customer-word"] } }),
  );
  check("reverse-dns", "unknown", reverse({ state: "not-checked" }));
  check("reverse-dns", "unknown", () => ({ hosts: [] }));
});
test("every address is looked at, of both families: one without a name fails beside one that has it (R60)", () => {
  const [ipv4, ipv6] = ["192.0.2.1", "2001:db8::1"];
  const addresses = [ipv4, ipv6].map((address) => {
    const good = reverseOf(address, "mx1.example.com");
    return {
      address,
      reverse: address === ipv6 ? { ...good, state: "no-name" as const } : good,
      listings: { findings: [] },
    };
  });
  const facts = goodFacts();
  const [host] = facts.hosts;
  assert.ok(host !== undefined);
  const found = checkReverse({ ...facts, hosts: [{ ...host, addresses: known(addresses) }] });
  const failures = found.filter(({ outcome }) => outcome === "fail");
  assert.deepEqual(
    failures.map(({ check: id, says }) => [id, says.includes(ipv6), says.includes(ipv4)]),
    [["reverse-dns", true, false]],
  );
});
test("a greeting in a name that is none, or another's (R60)", () => {
  check("banner", "warn", withSession({ greeting: { code: 220, lines: ["220 localhost ESMTP"] } }));
  check("banner", "warn", withSession({ greeting: { code: 220, lines: ["220 other.example.net ESMTP"] } }));
});
