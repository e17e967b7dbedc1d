import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#mail/address.ts";
import type { DnsAnswer, MxRecord } from "#ports/resolver.ts";
import { otherMxAddresses } from "./other-mx.ts";

const GONE = { kind: "unavailable", cause: "timed-out" } as const;

function records<Data>(...data: readonly Data[]): DnsAnswer<Data> {
  return { kind: "records", records: data, ttlSeconds: 60, authenticated: false };
}

test("the other exchangers' addresses of all domains, each once; ours and those nobody knows are left out", async () => {
  const mx: Readonly<Record<string, DnsAnswer<MxRecord>>> = {
    "example.com": records(
      { preference: 10, exchange: "mx1.example.com" },
      { preference: 20, exchange: "mx2.example.com" },
    ),
    "example.org": records(
      { preference: 10, exchange: "mx2.example.com" },
      { preference: 20, exchange: "gone.example" },
    ),
    "example.net": records({ preference: 0, exchange: "" }),
    "example.edu": GONE,
  };
  const asked: string[] = [];
  const found = await otherMxAddresses(
    {
      hostname: "mx1.example.com" as Domain,
      domains: Object.keys(mx).map((name) => ({
        name: name as Domain,
        role: "primary" as const,
        primaryHost: "",
        plusAddressSeparator: "+",
        catchAll: "",
        mtaSts: { mode: "none" as const, maxAgeSeconds: 86_400, mx: [] },
      })),
    },
    {
      mx: (name) => Promise.resolve(mx[name] ?? GONE),
      a: (name) => {
        asked.push(name);
        return Promise.resolve(name === "mx2.example.com" ? records("192.0.2.25") : GONE);
      },
      aaaa: (name) => Promise.resolve(name === "mx2.example.com" ? records("2001:db8::25") : GONE),
    },
    1000,
  );
  assert.deepEqual(found, ["192.0.2.25", "2001:db8::25"]);
  assert.deepEqual(asked, ["mx2.example.com", "gone.example"]);
});
