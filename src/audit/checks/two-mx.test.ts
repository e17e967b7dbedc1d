import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, withSession } from "../facts/changed.test-data.ts";
import { hostOf, replyOf } from "../facts/facts.test-data.ts";

const first =
  (change: Partial<ReturnType<typeof hostOf>>): Change =>
  ({ hosts: [host, ...others] }) => ({
    hosts: host === undefined ? [] : [{ ...host, ...change }, ...others],
  });

test("none, one, null, beside a null one, a time-out", () => {
  check("mx", "warn", ({ hosts }) => ({ exchanges: known([]), hosts: hosts.slice(0, 1) }));
  check("mx-one", "warn", ({ hosts }) => ({
    exchanges: known([{ preference: 10, exchange: "mx1.example.com" }]),
    hosts: hosts.slice(0, 1),
  }));
  check("mx-null", "pass", () => ({ exchanges: known([{ preference: 0, exchange: "" }]) }));
  check("mx-null", "fail", () => ({
    exchanges: known([
      { preference: 0, exchange: "" },
      { preference: 1, exchange: "mx1.example.com" },
    ]),
  }));
  check("mx", "unknown", () => ({ exchanges: FAILED }));
});
test("an MX that is another word for a host, or has no address", () => {
  check("mx-alias", "fail", first({ alias: known("real.example.com") }));
  check("mx-address", "fail", first({ addresses: known([]) }));
  check("mx-address", "unknown", first({ addresses: FAILED }));
  check("mx-independent", "unknown", first({ addresses: FAILED }));
});
test("two names of one machine, two machines of one network", () => {
  check("mx-same", "fail", () => ({
    hosts: [hostOf("mx1.example.com", 10, "192.0.2.1"), hostOf("mx2.example.com", 20, "192.0.2.1")],
  }));
  check("mx-same-network", "warn", () => ({
    hosts: [hostOf("mx1.example.com", 10, "192.0.2.1"), hostOf("mx2.example.com", 20, "192.0.2.2")],
  }));
});
test("private addresses reach nobody", () =>
  check("mx-private", "warn", () => ({ hosts: [hostOf("mx1.example.com", 10, "10.0.0.1")] })));
test("unknown recipients: a second MX that takes them is a source of bounces", () => {
  check("unknown-recipient", "fail", withSession({ unknownRecipient: replyOf("250 Ok") }));
  check("unknown-recipient", "unknown", withSession({ unknownRecipient: replyOf("450 Greylisted") }));
  check("unknown-recipient", "unknown", withSession({ unknownRecipient: FAILED }));
  check("postmaster", "warn", withSession({ postmaster: replyOf("550 No such user") }));
  check("mx-answers", "unknown", () => ({ sessions: new Map([["192.0.2.1", FAILED]]) }));
});
