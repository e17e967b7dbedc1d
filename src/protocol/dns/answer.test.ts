import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "dns-packet";
import { type Meaning, meaningOf } from "./answer.ts";
import { ALIASES_MAX, RECORDS_MAX, TXT_OCTETS_MAX } from "./limits.ts";
import type { QuestionType, ResponseMessage } from "./message.ts";

const NAME = "mail.example.com";

function check(
  message: Partial<ResponseMessage>,
  expected: Partial<Meaning<unknown>>,
  type: QuestionType = "A",
): Meaning<unknown> {
  const meaning: Meaning<unknown> = meaningOf(
    {
      rcode: 0,
      authoritative: false,
      recursionAvailable: true,
      authenticated: false,
      answers: [],
      authorities: [],
      ...message,
    },
    { name: NAME, type },
  );
  assert.deepEqual({ ...meaning, ...expected }, meaning);
  return meaning;
}

const a = (name: string, data: string, ttl = 300): Answer => ({ type: "A", class: "IN", name, data, ttl });
const cname = (name: string, data: string, ttl = 300): Answer => ({ type: "CNAME", class: "IN", name, data, ttl });
const soa = (ttl: number, minimum: number): Answer => ({
  type: "SOA",
  class: "IN",
  name: "example.com",
  ttl,
  data: { mname: "ns.example.com", rname: "host.example.com", minimum },
});
const mx = (exchange: string): Answer => ({
  type: "MX",
  class: "IN",
  name: NAME,
  ttl: 60,
  data: { preference: 0, exchange },
});
const txt = (...data: string[]): Answer => ({
  type: "TXT",
  class: "IN",
  name: NAME,
  ttl: 60,
  data: data.map((piece) => Buffer.from(piece)),
});

test("records count for the name asked alone, whatever else a response brings", () => {
  const answers = [a("evil.example", "203.0.113.1"), a("MAIL.example.com", "192.0.2.5"), a(NAME, "192.0.2.6", 60)];
  check({ answers }, { kind: "records", records: ["192.0.2.5", "192.0.2.6"], ttlSeconds: 60 });
  check({ answers: [a("evil.example", "203.0.113.1")] }, { kind: "no-data" });
  check({ answers: [{ ...a(NAME, "192.0.2.5"), class: "CH" } as Answer] }, { kind: "no-data" });
});

test("the answer is at the end of the CNAMEs, and lives as long as the shortest of them", () => {
  const answers = [a("c.example", "192.0.2.5", 500), cname("b.example", "C.example", 20), cname(NAME, "b.example")];
  check({ answers }, { kind: "records", records: ["192.0.2.5"], ttlSeconds: 20, aliasOf: "c.example" });
});

test("CNAMEs that go in circles, or on and on, are no answer", () => {
  check({ answers: [cname(NAME, "b.example"), cname("b.example", NAME)] }, { cause: "too-many-aliases" });
  check({ answers: [cname(NAME, NAME)] }, { cause: "too-many-aliases" });
  const chain = Array.from({ length: ALIASES_MAX + 1 }, (_, i) => cname(i === 0 ? NAME : `${i}.test`, `${i + 1}.test`));
  check({ answers: [...chain, a(`${ALIASES_MAX + 1}.test`, "192.0.2.5")] }, { cause: "too-many-aliases" });
  check({ answers: [...chain.slice(0, -1), a(`${ALIASES_MAX}.test`, "192.0.2.5")] }, { kind: "records" });
});

test("a chain whose end is missing says where to ask on; with an SOA it says that there is nothing (RFC 2308 §2.2)", () => {
  const answers = [cname(NAME, "b.example", 20)];
  check({ answers }, { kind: "alias", target: "b.example", followed: 1, ttlSeconds: 20 });
  check({ answers, authorities: [soa(900, 60)] }, { kind: "no-data", ttlSeconds: 20 });
  check({ answers, rcode: 3, authorities: [soa(900, 60)] }, { kind: "no-such-name" });
});

test("a negative answer lives as long as its SOA says, an hour at most (RFC 2308 §5)", () => {
  check({ rcode: 3, authorities: [soa(900, 60)] }, { kind: "no-such-name", ttlSeconds: 60 });
  check({ authorities: [soa(30, 86_400)] }, { kind: "no-data", ttlSeconds: 30 });
  check({ rcode: 3, authorities: [soa(604_800, 604_800)] }, { kind: "no-such-name", ttlSeconds: 3600 });
  check({ rcode: 3 }, { kind: "no-such-name", ttlSeconds: 60 });
});

test("an error is never an answer", () => {
  const answers = [a(NAME, "192.0.2.5")];
  check({ rcode: 2, answers }, { kind: "unavailable", cause: "server-failure" });
  check({ rcode: 5, answers }, { kind: "unavailable", cause: "refused" });
  for (const rcode of [1, 4, 6, 9, 16, 23]) check({ rcode }, { kind: "unavailable", cause: "server-failure" });
});

test("a referral and the empty answer of a lame server do not say that there is nothing", () => {
  const ns: Answer = { type: "NS", class: "IN", name: "com", data: "a.gtld-servers.net", ttl: 60 };
  check({ authorities: [ns] }, { kind: "unavailable", cause: "server-failure" });
  check({ recursionAvailable: false }, { kind: "unavailable", cause: "server-failure" });
  check({ recursionAvailable: false, authoritative: true }, { kind: "no-data" });
});

test("a TTL with the uppermost bit set is zero, one of years is a day (RFC 2181 §8)", () => {
  check({ answers: [a(NAME, "192.0.2.5", 0x8000_0000)] }, { kind: "records", ttlSeconds: 0 });
  check({ answers: [a(NAME, "192.0.2.5", 0x7fff_ffff)] }, { kind: "records", ttlSeconds: 86_400 });
});

test("addresses come in their one form, and what is none makes the answer malformed", () => {
  const aaaa = (data: string): Answer => ({ type: "AAAA", class: "IN", name: NAME, data, ttl: 60 });
  check({ answers: [aaaa("2001:db8:0:0:0:0:0:1")] }, { records: ["2001:db8::1"] }, "AAAA");
  check({ answers: [aaaa("::ffff:192.0.2.5")] }, { records: ["192.0.2.5"] }, "AAAA");
  check({ answers: [a(NAME, "127.undefined.undefined.undefined")] }, { cause: "malformed" });
});

test("names come in lower case without the final dot; the root of a null MX is empty (RFC 7505)", () => {
  check({ answers: [mx(".")] }, { records: [{ preference: 0, exchange: "" }] }, "MX");
  check({ answers: [mx("MX.Example.COM.")] }, { records: [{ preference: 0, exchange: "mx.example.com" }] }, "MX");
});

test("the strings of a TXT record are joined; an absurdly long one is malformed", () => {
  check({ answers: [txt("v=spf1 ", "-all")] }, { records: ["v=spf1 -all"] }, "TXT");
  const strings = Array.from({ length: TXT_OCTETS_MAX / 128 + 1 }, () => "x".repeat(128));
  check({ answers: [txt(...strings)] }, { cause: "malformed" }, "TXT");
});

test("no more records than the bound are taken", () => {
  const meaning = check({ answers: Array.from({ length: 300 }, (_, i) => a(NAME, `192.0.2.${i % 256}`)) }, {});
  assert.equal(meaning.kind === "records" && meaning.records.length, RECORDS_MAX);
});
