/** The test suite of RFC 7208 that other implementations are judged by. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { checkSpf } from "#evidence/spf/check-spf.ts";
import { SPF_TIME_MS } from "#evidence/spf/limits.ts";
import { reverseName } from "#mail/ip-address.ts";
import type { DnsAnswer, MxRecord, Resolver } from "#ports/resolver.ts";
import { peerData } from "./peer-data.ts";

interface Scenario {
  readonly description: string;
  readonly tests: Readonly<Record<string, Case>>;
  readonly zonedata: Zone;
}

interface Case {
  readonly helo: string;
  readonly host: string;
  readonly mailfrom: string;
  readonly result: string | readonly string[];
  readonly explanation?: string;
}

type ZoneEntry = "TIMEOUT" | Readonly<Record<string, unknown>>;
type Zone = Readonly<Record<string, readonly ZoneEntry[]>>;

/** Cases in the file: one that the reader loses would otherwise pass unseen. */
const CASES = 203;

/** The suite's zones: SPF records stand for TXT ones, and a name that times out does so for every type it has no record of. */
class ZoneResolver implements Resolver {
  readonly #zone: ReadonlyMap<string, readonly ZoneEntry[]>;

  constructor(zone: Zone) {
    this.#zone = new Map(Object.entries(zone).map(([name, entries]) => [name.toLowerCase(), entries]));
  }

  a = async (name: string): Promise<DnsAnswer<string>> => this.#find(name, "A", String);
  aaaa = async (name: string): Promise<DnsAnswer<string>> =>
    this.#find(name, "AAAA", (value) => String(value).toLowerCase());
  ptr = async (address: string): Promise<DnsAnswer<string>> =>
    this.#find(reverseName(address), "PTR", (value) => String(value).toLowerCase());
  txt = async (name: string): Promise<DnsAnswer<string>> => this.#find(name, "TXT", (value) => [value].flat().join(""));
  mx = async (name: string): Promise<DnsAnswer<MxRecord>> =>
    this.#find(name, "MX", (value) => {
      const [preference, exchange] = value as [number, string];
      return { preference, exchange: exchange.replace(/\.$/, "") };
    });
  tlsa = async (): Promise<DnsAnswer<never>> => ({ kind: "no-such-name", ttlSeconds: 60, authenticated: false });

  #find<Data>(name: string, type: string, read: (value: unknown) => Data, aliases = 0): DnsAnswer<Data> {
    const about = { ttlSeconds: 60, authenticated: false };
    const entries = this.#zone.get(name.toLowerCase().replace(/\.$/, ""));
    if (entries === undefined) return { kind: "no-such-name", ...about };
    const keyed = entries.filter((entry) => entry !== "TIMEOUT");
    const alias = keyed.find((entry) => "CNAME" in entry);
    if (alias !== undefined) {
      if (aliases > 8) return { kind: "unavailable", cause: "too-many-aliases" };
      return this.#find(String(alias["CNAME"]), type, read, aliases + 1);
    }
    const hasText = keyed.some((entry) => "TXT" in entry);
    const wanted = type === "TXT" && !hasText ? "SPF" : type;
    const records = keyed
      .filter((entry) => wanted in entry && entry[wanted] !== "NONE")
      .map((entry) => read(entry[wanted]));
    if (records.length > 0) return { kind: "records", records, ...about };
    return entries.includes("TIMEOUT") ? { kind: "unavailable", cause: "timed-out" } : { kind: "no-data", ...about };
  }
}

const scenarios = parseAllDocuments(readFileSync(join(peerData, "spf/rfc7208-tests.yml"), "utf8"), { version: "1.1" })
  .map((document) => document.toJS() as Scenario | null)
  .filter((scenario) => scenario !== null);

for (const { description, tests, zonedata } of scenarios) {
  suite(`RFC 7208 suite: ${description}`, () => {
    const resolver = new ZoneResolver(zonedata);
    for (const [name, expected] of Object.entries(tests)) {
      test(name, async () => {
        const spf = await checkSpf({
          client: expected.host,
          helo: expected.helo,
          mailFrom: expected.mailfrom,
          receiver: "receiver.example.org",
          nowSeconds: 1_700_000_000,
          resolver,
          deadlineMs: SPF_TIME_MS,
        });
        const allowed = [expected.result].flat();
        assert.ok(
          allowed.includes(spf.result),
          `${spf.result}, not ${allowed.join(" or ")}: ${spf.problem?.text ?? ""}`,
        );
        if (expected.explanation !== undefined && spf.result === "fail") {
          assert.equal(spf.explanation ?? "DEFAULT", expected.explanation);
        }
        assert.deepEqual(structuredClone(spf), spf);
      });
    }
  });
}

test("every case of the suite is there", () => {
  assert.equal(scenarios.flatMap(({ tests }) => Object.keys(tests)).length, CASES);
});
