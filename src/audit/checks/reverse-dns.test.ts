import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, withSession } from "../facts/changed.test-data.ts";
import { reverseOf } from "../facts/facts.test-data.ts";

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
test("a greeting in a name that is none, or another's", () => {
  check("banner", "warn", withSession({ greeting: { code: 220, lines: ["220 localhost ESMTP"] } }));
  check("banner", "warn", withSession({ greeting: { code: 220, lines: ["220 other.example.net ESMTP"] } }));
});
