import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { type FakeNames, FakeResolver } from "../../test/fakes/resolver.ts";
import { checkRecords, type DomainMail, type RecordState, wantedRecords } from "./wanted-records.ts";

const MAIL: DomainMail = {
  domain: "example.com",
  exchanges: ["mx1.example.com"],
  host: "mx1.example.com",
  addresses: ["192.0.2.1", "2001:db8::1"],
  dkim: [{ name: "k1._domainkey.example.com", value: "v=DKIM1; k=rsa; p=AAAA" }],
  reportAddress: "postmaster@example.com",
  mtaStsId: "7",
  tlsa: ["3 1 1 abcd"],
  ports: { submissions: 465, imaps: 993 },
};

const PUBLISHED: FakeNames = {
  "mx1.example.com": { A: ["192.0.2.1"], AAAA: ["2001:db8::1"] },
  "192.0.2.1": { PTR: ["mx1.example.com"] },
  "2001:db8::1": { PTR: ["mx1.example.com"] },
  "example.com": { MX: [{ preference: 10, exchange: "mx1.example.com" }], TXT: ["v=spf1 mx -all", "another=1"] },
  "k1._domainkey.example.com": { TXT: ["v=DKIM1; k=rsa; p=AAAA"] },
  "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] },
  "_mta-sts.example.com": { TXT: ["v=STSv1; id=7"] },
  "mta-sts.example.com": { A: ["192.0.2.1"] },
  "_smtp._tls.example.com": { TXT: ["v=TLSRPTv1; rua=mailto:else@example.com"] },
  "_25._tcp.mx1.example.com": {
    TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: Buffer.from("abcd", "hex") }],
  },
  "_submissions._tcp.example.com": { SRV: [{ priority: 0, weight: 1, port: 465, target: "mx1.example.com" }] },
  "_imaps._tcp.example.com": { SRV: [{ priority: 0, weight: 1, port: 993, target: "imap.example.com" }] },
};

/** The state of the record of that type and name, with some names changed. */
async function check(type: string, name: string, expected: RecordState, change: FakeNames): Promise<void> {
  const resolver = new FakeResolver({ ...PUBLISHED, ...change });
  const records = await checkRecords(wantedRecords(MAIL), resolver, { deadlineMs: 1000 });
  const states = records.filter((record) => record.name === name && record.type === type).map(({ state }) => state);
  assert.deepEqual(states, [expected]);
}

test("with everything published, everything is there", async () => {
  const records = await checkRecords(wantedRecords(MAIL), new FakeResolver(PUBLISHED), { deadlineMs: 1000 });
  assert.equal(records.length, 14);
  assert.deepEqual(
    records.filter(({ state }) => state !== "there"),
    [],
  );
});

suite("a record that is", () => {
  test("not there is missing", () => check("TXT", "_dmarc.example.com", "missing", { "_dmarc.example.com": {} }));
  test("another is different", () =>
    check("TXT", "k1._domainkey.example.com", "different", { "k1._domainkey.example.com": { TXT: ["v=DKIM1; p=B"] } }));
  test("of another policy is there: it is its owner's to decide", () =>
    check("TXT", "_dmarc.example.com", "there", { "_dmarc.example.com": { TXT: ["v=dmarc1; p=none"] } }));
  test("an MX of another preference is there", () =>
    check("MX", "example.com", "there", { "example.com": { MX: [{ preference: 5, exchange: "mx1.example.com" }] } }));
  test("an MX of another host is different", () =>
    check("MX", "example.com", "different", {
      "example.com": { MX: [{ preference: 5, exchange: "notmx1.example.com" }] },
    }));
  test("not to be asked for is unknown, never missing", () =>
    check("TXT", "_smtp._tls.example.com", "unknown", { "_smtp._tls.example.com": "timed-out" }));
  test("the id of an old MTA-STS policy is different", () =>
    check("TXT", "_mta-sts.example.com", "different", { "_mta-sts.example.com": { TXT: ["v=STSv1; id=6"] } }));
});
