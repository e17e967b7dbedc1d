import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { failed, ok } from "#mail/result.ts";
import type { HttpsPage } from "#ports/https-client.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import { MtaSts, type RememberedPolicy, type StsFinding } from "./mta-sts.ts";
import { allowsMx, readStsPolicy, readStsRecord } from "./mta-sts-policy.ts";

const POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.peer.test\r\nmx: *.mail.peer.test\r\nmax_age: 604800\r\n";
const DAY_MS = 24 * 60 * 60 * 1000;

function checkRecord(texts: readonly string[], expected: string | undefined): void {
  assert.equal(readStsRecord(texts), expected, texts.join(" | "));
}

function checkPolicy(text: string, expected: unknown): void {
  const policy = readStsPolicy(text);
  assert.deepEqual(policy.ok ? policy.value : policy.problem, expected);
}

suite("MTA-STS: what a domain publishes (RFC 8461 §3)", () => {
  test("the record has an id, and there is one record", () => {
    checkRecord(["v=STSv1; id=20300101T000000;"], "20300101T000000");
    checkRecord(["v=STSv1;id=a1"], "a1");
    checkRecord(["v=STSv1; x=1; id=a1; y=2"], "a1");
    checkRecord(["google-site-verification=1", "v=STSv1; id=a1;"], "a1");
    checkRecord(["v=STSv1; id=a1;", "v=STSv1; id=a2;"], undefined);
    checkRecord(["v=STSv1;"], undefined);
    checkRecord(["v=STSv1; id=;"], undefined);
    checkRecord([`v=STSv1; id=${"a".repeat(33)};`], undefined);
    checkRecord(["v=STSv1; id=a-1;"], undefined);
    checkRecord(["v=STSv10; id=a1;"], undefined);
    checkRecord([" v=STSv1; id=a1;"], undefined);
    checkRecord([], undefined);
  });

  test("the policy has a version, a mode, an age and hosts", () => {
    const whole = { mode: "enforce", maxAgeSeconds: 604_800, mx: ["mx1.peer.test", "*.mail.peer.test"] };
    checkPolicy(POLICY, whole);
    checkPolicy(POLICY.replaceAll("\r\n", "\n"), whole);
    checkPolicy(`${POLICY}x-new: whatever\r\n\r\n`, whole);
    checkPolicy(POLICY.replace("enforce", "enforce\r\nmode: none"), whole);
    checkPolicy(POLICY.replace("mx1.peer.test", "MX1.peer.test."), whole);
    checkPolicy("version: STSv1\nmode: none\nmax_age: 1\n", { mode: "none", maxAgeSeconds: 1, mx: [] });
    checkPolicy(POLICY.replace("604800", "9999999999"), { ...whole, maxAgeSeconds: 31_557_600 });
    checkPolicy(POLICY.replace("STSv1", "STSv2"), "not version STSv1");
    checkPolicy(POLICY.replace("enforce", "strict"), "no known mode");
    checkPolicy(POLICY.replace("604800", "a week"), "no max_age");
    checkPolicy(POLICY.replaceAll(/mx: .*\r\n/g, ""), "no mx");
    checkPolicy(POLICY.replaceAll(/mx: .*/g, "mx: not a name"), "no mx");
    checkPolicy(`${POLICY}${"mx: a.b.test\n".repeat(99)}`, "too many mx");
    checkPolicy("<html>not found</html>", "a line that is no field");
    checkPolicy("", "not version STSv1");
  });

  test("a star stands for one label (RFC 8461 §4.1)", () => {
    const policy = readStsPolicy(POLICY);
    assert.ok(policy.ok);
    const allows = (host: string): boolean => allowsMx(policy.value, host);
    assert.ok(allows("mx1.peer.test") && allows("MX1.Peer.Test") && allows("a.mail.peer.test"));
    for (const host of [
      "mail.peer.test",
      "a.b.mail.peer.test",
      "mx2.peer.test",
      "xmx1.peer.test",
      ".mail.peer.test",
      "mail.peer.test.evil.test",
    ]) {
      assert.ok(!allows(host), host);
    }
  });

  test("no text makes the readers throw", () => {
    const text = fc.string({
      unit: fc.constantFrom("v", "=", "STSv1", ";", "id", " ", "\n", ":", "mx", "max_age", "9", "\u00e4"),
      maxLength: 30,
    });
    fc.assert(
      fc.property(text, (said) => {
        readStsRecord([said]);
        readStsPolicy(said);
      }),
      { numRuns: 200 },
    );
  });
});

interface World {
  readonly sts: MtaSts;
  readonly clock: FakeClock;
  readonly resolver: FakeResolver;
  readonly saved: RememberedPolicy[][];
  page: HttpsPage | "unreachable";
  fetched: number;
  find(): Promise<string>;
}

function world(remembered: readonly RememberedPolicy[] = []): World {
  const clock = new FakeClock();
  const resolver = new FakeResolver({ "_mta-sts.peer.test": { TXT: ["v=STSv1; id=a1;"] } });
  const made: World = {
    clock,
    resolver,
    saved: [],
    page: { status: 200, mediaType: "text/plain", text: POLICY },
    fetched: 0,
    find: async () => words(await made.sts.find("peer.test", clock.monotonicMs() + 5000)),
    sts: new MtaSts({
      resolver,
      clock,
      log: new FakeLog(),
      https: {
        get: async ({ url, publicOnly }) => {
          assert.equal(publicOnly, true, "a domain must not lead us into our own network");
          assert.equal(url, "https://mta-sts.peer.test/.well-known/mta-sts.txt");
          made.fetched++;
          return made.page === "unreachable" ? failed({ kind: "no-connection", text: "ECONNREFUSED" }) : ok(made.page);
        },
      },
      memory: {
        load: async () => remembered,
        save: async (policies) => void made.saved.push([...policies]),
      },
    }),
  };
  return made;
}

const words = ({ policy, problem }: StsFinding): string => `${policy?.mode ?? "-"} ${problem?.kind ?? "-"}`;
const publish = (id: string | undefined) =>
  id === undefined ? {} : { "_mta-sts.peer.test": { TXT: [`v=STSv1; id=${id};`] } };

suite("MTA-STS: policies that are found, remembered and renewed (RFC 8461 §3.3, §5.1)", () => {
  test("fetched once, and remembered here and on disk", async () => {
    const it = world();
    assert.equal(await it.find(), "enforce -");
    assert.equal(await it.find(), "enforce -");
    assert.equal(it.fetched, 1);
    await it.sts.settled();
    assert.deepEqual(
      it.saved.map((policies) => policies.map(({ domain, id }) => `${domain} ${id}`)),
      [["peer.test a1"]],
    );
  });

  test("what the disk remembers binds, though nobody can be asked", async () => {
    const policy = { mode: "enforce", maxAgeSeconds: 604_800, mx: ["mx1.peer.test"] } as const;
    const it = world([{ domain: "peer.test", id: "a1", policy, fetchedAtMs: Date.UTC(2029, 11, 31) }]);
    it.resolver.names = { "_mta-sts.peer.test": "timed-out" };
    assert.equal(await it.find(), "enforce -");
    it.resolver.names = publish(undefined);
    assert.equal(await it.find(), "enforce -");
    it.clock.advance(7 * DAY_MS);
    assert.equal(await it.find(), "- -");
  });

  test("a new id brings the new policy; where that cannot be had, the old one binds", async () => {
    const it = world();
    await it.find();
    it.resolver.names = publish("a2");
    it.page = "unreachable";
    assert.equal(await it.find(), "enforce sts-policy-fetch-error");
    it.page = { status: 200, mediaType: "text/plain", text: POLICY.replace("enforce", "testing") };
    it.clock.advance(5 * 60 * 1000);
    assert.equal(await it.find(), "testing -");
  });

  test("what cannot be fetched is not asked for again at once", async () => {
    const it = world();
    it.page = "unreachable";
    assert.equal(await it.find(), "- sts-policy-fetch-error");
    assert.equal(await it.find(), "- sts-policy-fetch-error");
    assert.equal(it.fetched, 1);
    it.clock.advance(5 * 60 * 1000);
    await it.find();
    assert.equal(it.fetched, 2);
  });

  test("redirections, other media types and broken policies are none", async () => {
    for (const [page, expected] of [
      [{ status: 301, mediaType: "text/plain", text: POLICY }, "- sts-policy-fetch-error"],
      [{ status: 404, mediaType: "text/plain", text: POLICY }, "- sts-policy-fetch-error"],
      [{ status: 200, mediaType: "text/html", text: POLICY }, "- sts-policy-fetch-error"],
      [{ status: 200, mediaType: "text/plain", text: "mode: enforce" }, "- sts-policy-invalid"],
    ] as const) {
      const it = world();
      it.page = page;
      assert.equal(await it.find(), expected);
    }
  });

  test("without a record nothing is fetched", async () => {
    const it = world();
    it.resolver.names = publish(undefined);
    assert.equal(await it.find(), "- -");
    it.resolver.names = { "_mta-sts.peer.test": "server-failure" };
    assert.equal(await it.find(), "- -");
    assert.equal(it.fetched, 0);
  });

  test("a policy in use is renewed before it ends", async () => {
    const it = world();
    await it.find();
    it.clock.advance(2 * DAY_MS);
    await it.find();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(it.fetched, 2);
    it.resolver.names = publish(undefined);
    it.clock.advance(6 * DAY_MS);
    assert.equal(await it.find(), "enforce -");
  });
});
