import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { type Answer, decode, encode, type Packet, RECURSION_AVAILABLE, TRUNCATED_RESPONSE } from "dns-packet";
import * as fc from "fast-check";
import { meaningOf } from "./answer.ts";
import { MESSAGE_RECORDS_MAX } from "./limits.ts";
import { decodeResponse, encodeQuery, isAskable, type Question, type Response } from "./message.ts";

const QUESTION: Question = { name: "mail.example.com", type: "A" };
const ID = 0x1234;

function response(packet: Packet, rcode = 0): Buffer {
  return encode({
    type: "response",
    id: ID,
    flags: RECURSION_AVAILABLE | rcode,
    questions: [{ name: "mail.example.com", type: "A", class: "IN" }],
    ...packet,
  });
}

function check(octets: Uint8Array, expected: Response["kind"], question = QUESTION): void {
  assert.equal(decodeResponse(octets, ID, question).kind, expected);
}

test("a query asks one question, for recursion, for the AD bit and for 1232 octets over UDP", () => {
  const packet = decode(Buffer.from(encodeQuery(ID, QUESTION, { edns: true })));
  assert.equal(packet.id, ID);
  assert.deepEqual(packet.questions, [{ name: "mail.example.com", type: "A", class: "IN" }]);
  assert.ok(packet.flag_rd && packet.flag_ad && !packet.flag_cd);
  const [edns] = packet.additionals ?? [];
  assert.equal(edns?.type === "OPT" && edns.udpPayloadSize, 1232);
});

test("for a server that does not know EDNS the query goes without", () => {
  const packet = decode(Buffer.from(encodeQuery(ID, QUESTION, { edns: false })));
  assert.deepEqual(packet.additionals, []);
});

test("a response is believed for its ID and question alone (RFC 5452 §4)", () => {
  check(response({}), "response");
  check(response({ id: ID + 1 }), "foreign");
  check(response({ type: "query" }), "foreign");
  check(response({ questions: [{ name: "mail.example.org", type: "A" }] }), "foreign");
  check(response({ questions: [{ name: "mail.example.com", type: "AAAA" }] }), "foreign");
  check(
    response({ questions: [...Array(2)].map(() => ({ name: "mail.example.com", type: "A" as const })) }),
    "foreign",
  );
});

test("the spelling of a question counts where it has capitals (0x20), and only there", () => {
  const shouted = response({ questions: [{ name: "MAIL.example.com", type: "A" }] });
  check(shouted, "response");
  check(shouted, "response", { name: "MAIL.example.com", type: "A" });
  check(shouted, "foreign", { name: "mAiL.example.com", type: "A" });
  check(response({}), "foreign", { name: "mAiL.example.com", type: "A" });
});

test("a failure may leave out the question, an answer may not", () => {
  for (const rcode of [1, 2, 4, 5]) check(response({ questions: [] }, rcode), "response");
  check(response({ questions: [] }, 0), "foreign");
  check(response({ questions: [] }, 3), "foreign");
});

test("a truncated response is no answer, whatever it holds", () => {
  const answers: Answer[] = [{ name: "mail.example.com", type: "A", ttl: 60, data: "192.0.2.5" }];
  check(response({ flags: RECURSION_AVAILABLE | TRUNCATED_RESPONSE, answers }), "truncated");
});

test("the upper bits of the response code are those of EDNS: BADVERS is no empty answer (RFC 6891 §6.1.3)", () => {
  const octets = response({
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 512, extendedRcode: 1, flags: 0, options: [] } as never],
  });
  const decoded = decodeResponse(octets, ID, QUESTION);
  assert.ok(decoded.kind === "response");
  assert.equal(decoded.message.rcode, 16);
  assert.equal(meaningOf(decoded.message, QUESTION).kind, "unavailable");
});

function many(count: number): Answer[] {
  return Array.from({ length: count }, () => ({ name: "mail.example.com", type: "A", ttl: 60, data: "192.0.2.5" }));
}

test("more records than any honest answer has are not decoded", () => {
  // The question counts, too.
  check(response({ answers: many(MESSAGE_RECORDS_MAX - 1) }), "response");
  check(response({ answers: many(MESSAGE_RECORDS_MAX) }), "malformed");
});

test("a record that reaches beyond the end of the message makes it malformed", () => {
  const octets = response({ answers: [{ name: "mail.example.com", type: "A", ttl: 60, data: "192.0.2.5" }] });
  check(octets, "response");
  for (let cut = 1; cut < octets.length - 40; cut++) check(octets.subarray(0, octets.length - cut), "malformed");
  const text = response({ answers: [{ name: "mail.example.com", type: "TXT", ttl: 60, data: "v=spf1 -all" }] });
  for (let cut = 1; cut < 12; cut++) check(text.subarray(0, text.length - cut), "malformed");
});

test("no octets make it throw, and none without the ID are more than foreign", () => {
  const valid = response({ answers: [{ name: "mail.example.com", type: "A", ttl: 60, data: "192.0.2.5" }] });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(valid.length - 1), fc.boolean(), (noise, at, isMutation) => {
      const octets = isMutation ? Buffer.from(valid) : Buffer.concat([valid.subarray(0, at), noise]);
      if (isMutation) octets.set(noise.subarray(0, valid.length - at), at);
      const decoded = decodeResponse(octets, ID, QUESTION);
      if (decoded.kind === "response") meaningOf(decoded.message, QUESTION);
      if (octets.length < 2 || octets.readUInt16BE(0) !== ID) assert.equal(decoded.kind, "foreign");
    }),
    { numRuns: 300 },
  );
});

test("what no name can be is not asked", () => {
  for (const name of ["example.com", "_dmarc.example.com", "a", "127.0.0.1"]) assert.ok(isAskable(name), name);
  const wrong = [
    "",
    ".",
    "a..b",
    "a.",
    ".a",
    "a b",
    "a\u0000b",
    "ä.example",
    `${"a".repeat(64)}.example`,
    "a.".repeat(127),
  ];
  for (const name of wrong) assert.ok(!isAskable(name), name);
});
