import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { check } from "../facts/changed.test-data.ts";
import { hostOf, reverseOf } from "../facts/facts.test-data.ts";

const listed = {
  list: "spamhaus-zen",
  title: "Spamhaus ZEN",
  zone: "zen",
  subject: { role: "client", value: "192.0.2.1" },
  outcome: {
    kind: "listed",
    meanings: [{ answer: "127.0.0.2", meaning: "spam source (SBL)", weight: 4 }],
    weight: 4,
    rejectsAlone: false,
    answers: ["127.0.0.2"],
    ttlSeconds: 60,
    lookUpUrl: "https://example.org/{value}",
  },
} as const;
test("a listed address fails (R94)", () => {
  const host = hostOf("mx1.example.com", 10, "192.0.2.1");
  const reverse = reverseOf("192.0.2.1", "mx1.example.com");
  const addresses = known([{ address: "192.0.2.1", reverse, listings: { findings: [listed] } }]);
  check("listed-address", "fail", ({ hosts }) => ({ hosts: [{ ...host, addresses }, ...hosts.slice(1)] }));
});
test("a listed domain fails", () =>
  check("listed-domain", "fail", () => ({
    domainListings: { findings: [{ ...listed, subject: { role: "link", value: "example.com" } }] },
  })));
test("where no list could be asked, nothing is said of the domain", () =>
  check("listed-domain", "unknown", () => ({ domainListings: { findings: [] } })));
test("an allow list is no block list", () =>
  check("listed-domain", "pass", () => ({
    domainListings: { findings: [{ ...listed, outcome: { ...listed.outcome, weight: -0.5 } }] },
  })));
for (const result of [
  { kind: "refuses-us", refusal: "public-resolver", answers: ["127.255.255.254"] },
  { kind: "dead" },
  { kind: "lists-the-world" },
  { kind: "could-not-check" },
] as const) {
  test(`a list that is ${result.kind} is no finding about the domain`, () =>
    check("list-health-spamhaus-zen", "unknown", ({ listHealth }) => ({
      listHealth: listHealth.map(({ list }) => ({ list, result })),
    })));
}
test("whether another server uses lists cannot be seen", () =>
  check("lists-used", "unknown", () => ({ inside: undefined })));
test("our own without lists fails", () =>
  check("lists-used", "fail", ({ inside }) => ({ inside: inside && { ...inside, dnsLists: [] } })));
test("lists that our own server names and none of which answers are no proof", () =>
  check("lists-used", "unknown", ({ listHealth }) => ({
    listHealth: listHealth.map(({ list }) => ({ list, result: { kind: "could-not-check" } })),
  })));
