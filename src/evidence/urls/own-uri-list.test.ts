import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyEvidence } from "./extraction.test-data.ts";
import { ownListings, ownUriList } from "./own-uri-list.ts";

function entry(name: string, weight = 5) {
  return { entry: name, reason: "seen before", weight };
}

async function check(body: string, expected: readonly (readonly [host: string, entry: string])[]): Promise<void> {
  const list = ownUriList([
    entry("evil.example"),
    entry("good.evil.example", 0),
    entry("192.0.2.7"),
    entry("b\u00f6se.example"),
  ]);
  assert.ok(list.ok);
  assert.deepEqual(
    ownListings(await bodyEvidence(body), list.value).map((found) => [found.host, found.entry]),
    expected,
  );
}

test("a name stands for all below it, the longest wins, and never for a name that only ends like it", async () => {
  await check("http://evil.example/", [["evil.example", "evil.example"]]);
  await check("http://a.b.evil.example/", [["a.b.evil.example", "evil.example"]]);
  await check("http://x.good.evil.example/", [["x.good.evil.example", "good.evil.example"]]);
  await check("http://notevil.example/ http://evil.example.org/", []);
});

test("addresses, and names of other scripts, however the link writes them", async () => {
  await check("http://3221225991/", [["192.0.2.7", "192.0.2.7"]]);
  await check("http://B\u00d6SE.example/", [["xn--bse-sna.example", "xn--bse-sna.example"]]);
});

test("what is neither, and what is there twice, is a problem of the settings", () => {
  assert.deepEqual(ownUriList([entry("ok.example"), entry("http://x/")]), {
    ok: false,
    problem: { position: 1, problem: "bad-entry" },
  });
  assert.deepEqual(ownUriList([entry("a.example"), entry("A.example")]), {
    ok: false,
    problem: { position: 1, problem: "twice" },
  });
});
