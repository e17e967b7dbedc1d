import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { gatherZone } from "./zone.ts";

async function above(names: FakeNames): Promise<unknown> {
  const options = { clock: new FakeClock(), receiver: "audit.example.net", selectors: [] };
  const { dmarcAbove } = await gatherZone("a.b.example.com", { ...options, resolver: new FakeResolver(names) });
  return dmarcAbove.kind === "known" ? dmarcAbove.value : dmarcAbove.why;
}

const ORGANIZATION = { TXT: ["v=DMARC1; p=reject"] };

test("the DMARC record that holds for a domain without one is that of its organization (RFC 9989 §4.10)", async () => {
  const found = { domain: "example.com", text: "v=DMARC1; p=reject" };
  assert.deepEqual(await above({ "_dmarc.example.com": ORGANIZATION }), found);
  assert.equal(await above({}), undefined);
  assert.equal(await above({ "_dmarc.b.example.com": "timed-out", "_dmarc.example.com": ORGANIZATION }), "timed-out");
  const own = { "_dmarc.a.b.example.com": { TXT: ["v=DMARC1; p=none"] }, "_dmarc.example.com": ORGANIZATION };
  assert.equal(await above(own), undefined);
});
