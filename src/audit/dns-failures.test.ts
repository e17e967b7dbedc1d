/** A question to the DNS that has no answer is never a finding: tried with each one that an audit asks, and with all. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { failed, ok } from "#mail/result.ts";
import type { HttpsClient } from "#ports/https-client.ts";
import type { DnsFailure } from "#ports/resolver.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { type FakeNames, FakeResolver } from "../../test/fakes/resolver.ts";
import { gatherFacts, STANDARD_PORTS } from "./audit.ts";
import { known } from "./facts/asked.ts";
import { goodFacts, sessionOf } from "./facts/facts.test-data.ts";
import { judgeAudit } from "./judge.ts";

const LISTS = dnsLists([]);
const POLICY = "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n";
const KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const TLSA = { usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32) } as const;
const [ONE, TWO] = ["192.0.2.1", "198.51.100.1"];
const SECOND = [TWO, "2001:db8:2::1", "192.0.2.2"];

/** The test entries of all lists, and nobody else on them. */
const LISTED: FakeNames = {
  "2.0.0.127.zen.spamhaus.org": { A: ["127.0.0.2"] },
  "2.0.0.127.bl.spamcop.net": { A: ["127.0.0.2"] },
  "2.0.0.127.psbl.surriel.com": { A: ["127.0.0.2"] },
  "2.0.0.127.list.dnswl.org": { A: ["127.0.0.2"] },
  "test.dbl.spamhaus.org": { A: ["127.0.1.2"] },
  "surbl-org-permanent-test-point.com.multi.surbl.org": { A: ["127.0.0.254"] },
  "test.uribl.com.multi.uribl.com": { A: ["127.0.0.14"] },
};

const GOOD: FakeNames = {
  ...LISTED,
  "example.com": {
    MX: [
      { preference: 10, exchange: "mx1.example.com" },
      { preference: 20, exchange: "mx2.example.com" },
    ],
    TXT: ["v=spf1 mx include:_spf.example.com -all"],
  },
  "_spf.example.com": { TXT: ["v=spf1 ip4:203.0.113.0/24 -all"] },
  "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] },
  "s1._domainkey.example.com": { TXT: [KEY] },
  "_mta-sts.example.com": { TXT: ["v=STSv1; id=1"] },
  "mta-sts.example.com": { A: [ONE] },
  "_smtp._tls.example.com": { TXT: ["v=TLSRPTv1; rua=mailto:t@example.com"] },
  "mx1.example.com": { A: [ONE], AAAA: ["2001:db8:1::1"] },
  "mx2.example.com": { A: [TWO], AAAA: ["2001:db8:2::1"] },
  [ONE]: { PTR: ["mx1.example.com"] },
  [TWO]: { PTR: ["mx2.example.com"] },
  "2001:db8:1::1": { PTR: ["mx1.example.com"] },
  "2001:db8:2::1": { PTR: ["mx2.example.com"] },
};

/** Worlds in which a part that is missing looks like something wrong. */
const WORLDS: Readonly<Record<string, { readonly names: FakeNames; readonly banner?: string }>> = {
  "a domain in order": { names: GOOD },
  "hosts that only IPv6 tells apart": {
    names: {
      ...GOOD,
      "mx2.example.com": { A: ["192.0.2.2"], AAAA: ["2001:db8:2::1"] },
      "192.0.2.2": { PTR: ["mx2.example.com"] },
    },
  },
  "hosts that the world reaches over IPv6 alone": {
    names: {
      ...GOOD,
      "mx1.example.com": { A: ["10.0.0.1"], AAAA: ["2001:db8:1::1"] },
      "10.0.0.1": { PTR: ["mx1.example.com"] },
    },
  },
  "hosts that greet as their address is called": {
    names: {
      ...GOOD,
      [ONE]: { PTR: ["out.example.com"] },
      "2001:db8:1::1": { PTR: ["out.example.com"] },
      "out.example.com": { A: [ONE], AAAA: ["2001:db8:1::1"] },
    },
    banner: "out.example.com",
  },
  "DANE in place of MTA-STS": {
    names: {
      ...GOOD,
      "_mta-sts.example.com": {},
      "_25._tcp.mx1.example.com": { TLSA: [TLSA] },
      "_25._tcp.mx2.example.com": { TLSA: [TLSA] },
    },
  },
  "a policy host that only IPv6 leads to": { names: { ...GOOD, "mta-sts.example.com": { AAAA: ["2001:db8:1::1"] } } },
  "SPF that goes on elsewhere": {
    names: {
      ...GOOD,
      "example.com": { ...(GOOD["example.com"] as object), TXT: ["v=spf1 redirect=_spf.example.com"] },
    },
  },
};

/** As the real one: the name is asked for again. */
function httpsOver(resolver: FakeResolver): HttpsClient {
  return {
    get: async ({ url }) => {
      const lookup = { deadlineMs: 0 };
      const name = new URL(url).hostname;
      const answers = await Promise.all([resolver.a(name, lookup), resolver.aaaa(name, lookup)]);
      if (answers.some(({ kind }) => kind === "records"))
        return ok({ status: 200, mediaType: "text/plain", text: POLICY });
      const kind = answers.some((answer) => answer.kind === "unavailable") ? "not-looked-up" : "no-address";
      return failed({ kind, text: "no address" });
    },
  };
}

/** Findings as `check outcome`; everything but the DNS answers as it should. */
async function wrongIn(
  names: FakeNames,
  banner: string | undefined,
): Promise<{ wrong: Set<string>; asked: readonly string[] }> {
  const resolver = new FakeResolver(names);
  resolver.authenticated = true;
  const request = {
    domain: "example.com",
    hosts: [],
    selectors: ["s1"],
    ports: STANDARD_PORTS,
    helo: "audit.example.net",
    testAddress: "nobody@example.net",
    lists: LISTS.ok ? LISTS.value : [],
    intrusive: undefined,
    inside: undefined,
  };
  const dialer = { dial: () => Promise.resolve(failed({ code: "TIMEOUT" })) };
  const facts = await gatherFacts(request, {
    resolver,
    dialer,
    clock: new FakeClock(goodFacts().atMs),
    random: new FakeRandom(),
    https: httpsOver(resolver),
  });
  const { services } = goodFacts();
  const sessions = new Map(
    [...facts.sessions.keys()].map((address) => [
      address,
      known(sessionOf(address, SECOND.includes(address) ? "mx2.example.com" : (banner ?? "mx1.example.com"))),
    ]),
  );
  const { protections } = judgeAudit({ ...facts, services, sessions });
  const findings = protections.flatMap((one) => one.findings);
  const wrong = findings.filter(({ outcome }) => outcome === "warn" || outcome === "fail");
  const asked = [...new Set(resolver.questions.map(({ name, type }) => `${type} ${name.toLowerCase()}`))];
  return { wrong: new Set(wrong.map(({ check, outcome }) => `${check} ${outcome}`)), asked };
}

function without(names: FakeNames, type: string, name: string, failure: DnsFailure): FakeNames {
  const key = Object.keys(names).find((one) => one === name) ?? name;
  return { ...names, [key]: { ...(names[key] as object | undefined), [type]: failure } };
}

suite("a question without an answer is no finding", () => {
  for (const [what, { names, banner }] of Object.entries(WORLDS)) {
    test(what, async () => {
      const whole = await wrongIn(names, banner);
      assert.deepEqual([...whole.wrong], [], "nothing is wrong while all are answered");
      assert.ok(whole.asked.length > 50);
      for (const question of whole.asked) {
        const [type = "", name = ""] = question.split(" ");
        const { wrong } = await wrongIn(without(names, type, name, "timed-out"), banner);
        assert.deepEqual([...wrong], [], `${question} timed out`);
      }
    });

    test(`${what}: all of them fail`, async () => {
      const { asked } = await wrongIn(names, banner);
      for (const failure of ["timed-out", "server-failure", "refused"] as const) {
        let broken: FakeNames = names;
        for (const question of asked) {
          const [type = "", name = ""] = question.split(" ");
          broken = without(broken, type, name, failure);
        }
        assert.deepEqual([...(await wrongIn(broken, banner)).wrong], []);
      }
    });
  }
});
