import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import { agreedDestinations } from "./external-destinations.ts";
import { dmarcDestinations, readDestinations, tlsDestinations } from "./report-address.ts";

function shown(list: string): readonly string[] {
  return readDestinations(list).map((one) =>
    one.kind === "https" ? one.url : `${one.address} ${one.octetsMax ?? "any"}`,
  );
}

suite("addresses that want reports", () => {
  test("are read with their limits, in order", () => {
    assert.deepEqual(shown("mailto:a@one.test!10m, https://two.test/r?x=1 ,mailto:b%2Bc@three.test!512"), [
      "a@one.test 10485760",
      "https://two.test/r?x=1",
      "b+c@three.test 512",
    ]);
  });

  test("that cannot be used are left out", () => {
    for (const uri of [
      "",
      "a@one.test",
      "http://one.test/",
      "mailto:",
      "mailto:a",
      "mailto:%zz@a.test",
      "ftp://a.test/",
    ]) {
      assert.deepEqual(shown(uri), [], uri);
    }
    // No port of a stranger's choosing, and no password of his.
    for (const uri of ["https://one.test:25/", "https://a:b@one.test/"]) assert.deepEqual(shown(uri), [], uri);
  });

  test("are no more than five, and no header field can be put into one", () => {
    assert.equal(readDestinations("mailto:a@one.test,".repeat(100)).length, 5);
    assert.deepEqual(shown("mailto:a@one.test%0d%0aBcc:b@two.test"), []);
  });

  test("stand in one record, or there is none (RFC 8460 §3)", () => {
    const record = "v=TLSRPTv1; rua=mailto:t@one.test";
    assert.equal(tlsDestinations([record, "something else"]).length, 1);
    for (const records of [[], [record, record], ["v=TLSRPTv2; rua=mailto:t@one.test"], ["rua=mailto:t@one.test"]]) {
      assert.deepEqual(tlsDestinations(records), [], records.join());
    }
    assert.equal(dmarcDestinations(["v=DMARC1; p=none; rua=mailto:d@one.test"])?.length, 1);
    assert.deepEqual(dmarcDestinations(["v=DMARC1; p=none"]), []);
    assert.equal(dmarcDestinations(["v=spf1 -all"]), undefined);
  });

  test("no input throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        readDestinations(text);
        readDestinations(`mailto:${text},https://${text}`);
        tlsDestinations([`v=TLSRPTv1;${text}`]);
        dmarcDestinations([`v=DMARC1;${text}`]);
      }),
    );
  });
});

suite("destinations of another domain (RFC 9990 §4)", () => {
  const place = { domain: "blue.example", organizationalDomain: "blue.example" };
  const name = "blue.example._report._dmarc.red.test";

  async function check(
    list: string,
    answer: readonly string[] | "timed-out",
    expected: readonly string[] | "unavailable",
  ) {
    const resolver = new FakeResolver({ [name]: answer === "timed-out" ? answer : { TXT: answer } });
    const agreed = await agreedDestinations(readDestinations(list), place, resolver, 1000);
    assert.deepEqual(agreed.ok ? agreed.value.map(({ address }) => address) : agreed.problem, expected, list);
    return resolver.asked;
  }

  test("of its own are not asked", async () => {
    const asked = await check(
      "mailto:a@blue.example,mailto:b@reports.blue.example",
      [],
      ["a@blue.example", "b@reports.blue.example"],
    );
    assert.deepEqual(asked, []);
  });

  test("have the report only where they agreed: nobody is flooded by another's record", async () => {
    assert.deepEqual(await check("mailto:a@red.test", ["v=DMARC1"], ["a@red.test"]), [`TXT ${name}`]);
    await check("mailto:a@red.test", [], []);
    await check("mailto:a@red.test", ["hello", "p=none; v=DMARC1"], []);
    // A name that only ends like ours.
    await check("mailto:a@notblue.example", [], []);
  });

  test("may name another address of the same host, and none of a third", async () => {
    await check("mailto:a@red.test", ["v=DMARC1; rua=mailto:b@red.test"], ["b@red.test"]);
    await check("mailto:a@red.test", ["v=DMARC1; rua=mailto:b@victim.test"], []);
    await check("mailto:a@red.test", ["v=DMARC1; rua=mailto:b@red.test,mailto:b@victim.test"], []);
  });

  test("are asked again later where the DNS did not answer", async () => {
    await check("mailto:a@red.test", "timed-out", "unavailable");
  });
});
