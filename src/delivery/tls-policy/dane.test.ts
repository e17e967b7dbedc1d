/** Where TLSA records are looked for, and which names a certificate may have: RFC 7672 §2.2.2 and §3.2.2. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DnsFailure, TlsaRecord } from "#ports/resolver.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { OWN_ADDRESS, ROUTE } from "../../../test/fakes/remote-world.ts";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { findHosts } from "../routing/find-hosts.ts";
import { planTls, type TlsPlan } from "./plan.ts";

const RECORD: TlsaRecord = { usage: 2, selector: 1, matchingType: 1, data: Buffer.alloc(32, 1) };
const OTHER: TlsaRecord = { ...RECORD, data: Buffer.alloc(32, 2) };
const UNUSABLE: TlsaRecord = { ...RECORD, usage: 0 };

interface World {
  readonly tlsa: Readonly<Record<string, readonly TlsaRecord[] | DnsFailure>>;
  readonly unsigned?: readonly string[];
  readonly names?: FakeNames;
}

const isOwn = (address: string): boolean => address === OWN_ADDRESS;

/** `peer.test` has the MX `mx.peer.test`, which is another name for `real.host.test`. */
async function planFor({ tlsa, unsigned = [], names = {} }: World): Promise<[plan: TlsPlan, asked: readonly string[]]> {
  const resolver = new FakeResolver({
    "peer.test": { MX: [{ preference: 10, exchange: "mx.peer.test" }] },
    "mx.peer.test": { alias: "real.host.test" },
    "real.host.test": { A: ["192.0.2.1"] },
    ...Object.fromEntries(Object.entries(tlsa).map(([name, TLSA]) => [`_25._tcp.${name}`, { TLSA }])),
    ...names,
  });
  resolver.authenticated = true;
  resolver.unsigned = unsigned;
  const settings = { hostname: "mx.own.test", addressFamily: "both", fallback: ROUTE, routes: new Map() } as const;
  const around = { resolver, random: new FakeRandom(), settings, isOwnAddress: isOwn };
  const hosts = await findHosts("peer.test", ROUTE, around, 0);
  assert.equal(hosts.kind, "hosts");
  const [host] = hosts.kind === "hosts" ? hosts.hosts : [];
  assert.ok(host);
  const plan = await planTls({
    domain: "peer.test",
    host,
    port: 25,
    setting: "auto",
    sts: undefined,
    requireTls: false,
    resolver,
    deadlineMs: 0,
  });
  return [plan, resolver.asked.filter((line) => line.startsWith("TLSA") || line.startsWith("CNAME"))];
}

/** `policy server-name: names of the certificate`, and the octet that the first record is made of. */
async function check(world: World, expected: string, asked: readonly string[]): Promise<void> {
  const [plan, questions] = await planFor(world);
  assert.equal(words(plan), expected);
  assert.deepEqual(questions, asked);
}

function words(plan: TlsPlan): string {
  if (plan.kind === "not-here") return `${plan.policy} not here: ${plan.text}`;
  const { policy, required, tls } = plan;
  const trust = tls?.trust.kind === "dane" ? `${tls.trust.records[0]?.data[0]} ${tls.trust.names.join(" ")}` : "any";
  return `${policy}${required ? "!" : ""} ${tls?.serverName}: ${trust}`;
}

const AT_BOTH = ["TLSA _25._tcp.mx.peer.test", "TLSA _25._tcp.real.host.test"];

suite("an MX host that is a CNAME, signed from end to end", () => {
  test("the records at the end of the chain come first, and its name is asked for in TLS", () =>
    check(
      { tlsa: { "real.host.test": [RECORD], "mx.peer.test": [OTHER] } },
      "dane! real.host.test: 1 real.host.test mx.peer.test peer.test",
      ["TLSA _25._tcp.real.host.test"],
    ));

  test("where the end has none, those of the MX name count", () =>
    check({ tlsa: { "mx.peer.test": [OTHER] } }, "dane! mx.peer.test: 2 mx.peer.test peer.test", AT_BOTH));

  test("records at the end that are not signed are none", () =>
    check(
      { tlsa: { "real.host.test": [RECORD], "mx.peer.test": [OTHER] }, unsigned: ["_25._tcp.real.host.test"] },
      "dane! mx.peer.test: 2 mx.peer.test peer.test",
      AT_BOTH,
    ));

  test("records at the end that are of no use still bind to TLS, and the others are not asked for", () =>
    check({ tlsa: { "real.host.test": [UNUSABLE], "mx.peer.test": [OTHER] } }, "dane! real.host.test: any", [
      "TLSA _25._tcp.real.host.test",
    ]));

  test("no answer at the end: the host gets nothing, and the name before it is no way round", () =>
    check(
      { tlsa: { "real.host.test": "server-failure", "mx.peer.test": [OTHER] } },
      "dane not here: No answer for the TLSA records of mx.peer.test (server-failure)",
      ["TLSA _25._tcp.real.host.test"],
    ));

  test("nowhere any: TLS as the weather allows", () => check({ tlsa: {} }, "opportunistic mx.peer.test: any", AT_BOTH));
});

suite("an MX host whose CNAME leads out of the signed zones", () => {
  test("the alias is signed: its own records bind, those of the end do not", () =>
    check(
      { tlsa: { "real.host.test": [RECORD], "mx.peer.test": [OTHER] }, unsigned: ["real.host.test"] },
      "dane! mx.peer.test: 2 mx.peer.test peer.test",
      ["CNAME mx.peer.test", "TLSA _25._tcp.mx.peer.test"],
    ));

  test("the alias is not signed: nothing is asked for", () =>
    check({ tlsa: { "mx.peer.test": [OTHER] }, unsigned: ["mx.peer.test"] }, "opportunistic mx.peer.test: any", [
      "CNAME mx.peer.test",
    ]));

  test("the MX record is not signed: nothing is asked for", () =>
    check(
      { tlsa: { "real.host.test": [RECORD], "mx.peer.test": [OTHER] }, unsigned: ["peer.test"] },
      "opportunistic mx.peer.test: any",
      [],
    ));
});

test("a certificate may name the domain, as written and behind its own CNAME (RFC 7672 §3.2.2)", () =>
  check(
    {
      tlsa: { "real.host.test": [RECORD] },
      names: {
        "peer.test": { alias: "site.test" },
        "site.test": { MX: [{ preference: 10, exchange: "real.host.test" }] },
      },
    },
    "dane! real.host.test: 1 real.host.test peer.test site.test",
    ["TLSA _25._tcp.real.host.test"],
  ));
