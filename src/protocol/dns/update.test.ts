import { strict as assert } from "node:assert";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { decode } from "dns-packet";
import * as fc from "fast-check";
import { decodeUpdateAnswer, encodeUpdate, type TsigKey, type UpdateRecord } from "./update.ts";

const key: TsigKey = { name: "setup", algorithm: "hmac-sha256", secret: Buffer.from("a secret of some length") };
const NOW_MS = Date.UTC(2026, 0, 1);
const ID = 0x1234;

function encode(...records: readonly UpdateRecord[]) {
  return encodeUpdate(ID, { zone: "example.test", records, ttlSeconds: 300 }, key, NOW_MS);
}

function word(...numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.map((number) => Buffer.from([number >> 8, number & 0xff])));
}

function wireName(text: string): Buffer {
  return Buffer.from(`${String.fromCharCode(text.length)}${text}\0`, "latin1");
}

/** What a server answers: header alone, and its signature. */
function answer(rcode: number, signer: TsigKey, requestMac: Uint8Array, atMs = NOW_MS): Buffer {
  const header = word(ID, 0xa800 | rcode, 0, 0, 0, 0);
  const time = Buffer.alloc(6);
  time.writeUIntBE(atMs / 1000, 0, 6);
  const mac = createHmac("sha256", signer.secret)
    .update(word(requestMac.length))
    .update(requestMac)
    .update(header)
    .update(Buffer.concat([wireName(signer.name), word(255, 0, 0), wireName("hmac-sha256"), time, word(300, 0, 0)]))
    .digest();
  const data = Buffer.concat([wireName("hmac-sha256"), time, word(300, mac.length), mac, word(ID, 0, 0)]);
  const signed = Buffer.concat([header, wireName(signer.name), word(250, 255, 0, 0, data.length), data]);
  signed.writeUInt16BE(1, 10);
  return signed;
}

test("records are written as another codec reads them", () => {
  const long = "v".repeat(300);
  const update = encode(
    { name: "mx.example.test", type: "A", value: "192.0.2.1" },
    { name: "mx.example.test", type: "AAAA", value: "2001:db8::1" },
    { name: "example.test", type: "MX", value: "10 mx.example.test" },
    { name: "_imaps._tcp.example.test", type: "SRV", value: "0 1 993 mx.example.test" },
    { name: "mta-sts.example.test", type: "CNAME", value: "mx.example.test" },
    { name: "example.test", type: "TXT", value: long },
  );
  assert.ok(update !== undefined);
  // RFC 2136 §2.2: the update section stands where queries have authorities.
  const { questions = [], authorities = [] } = decode(Buffer.from(update.octets));
  assert.deepEqual(
    questions.map(({ name, type }) => `${name} ${type}`),
    ["example.test SOA"],
  );
  const data = authorities.map((record) => ("data" in record ? record.data : undefined));
  assert.deepEqual(data.slice(0, 2), ["192.0.2.1", "2001:db8::1"]);
  assert.deepEqual(data[2], { preference: 10, exchange: "mx.example.test" });
  assert.deepEqual(data[3], { priority: 0, weight: 1, port: 993, target: "mx.example.test" });
  assert.equal(data[4], "mx.example.test");
  assert.equal(Buffer.concat(data[5] as Buffer[]).toString(), long);
});

for (const [type, value] of [
  ["A", "192.0.2"],
  ["A", "192.0.2.256"],
  ["AAAA", "2001:db8:1"],
  ["AAAA", "1::2::3"],
  ["MX", "mx.example.test"],
  ["SRV", "0 1 70000 mx.example.test"],
  ["CNAME", "a..b"],
  ["TXT", ""],
] as const) {
  test(`${type} ${JSON.stringify(value)} cannot be written down`, () => {
    assert.equal(encode({ name: "example.test", type, value }), undefined);
  });
}

test("an answer counts with our key's signature over our request alone (RFC 8945 §5.3)", () => {
  const update = encode({ name: "example.test", type: "A", value: "192.0.2.1" });
  assert.ok(update !== undefined);
  const check = (octets: Uint8Array) => decodeUpdateAnswer(octets, ID, update.mac, key, NOW_MS);
  assert.deepEqual(check(answer(0, key, update.mac)), { kind: "answered", rcode: 0 });
  assert.deepEqual(check(answer(5, key, update.mac)), { kind: "answered", rcode: 5 });
  const forger = { ...key, secret: Buffer.from("another") };
  assert.deepEqual(check(answer(0, forger, update.mac)), { kind: "unsigned", rcode: 0 });
  assert.deepEqual(check(answer(0, key, Buffer.alloc(32))), { kind: "unsigned", rcode: 0 });
  assert.deepEqual(check(answer(0, key, update.mac, NOW_MS - 301_000)), { kind: "unsigned", rcode: 0 });
  assert.deepEqual(check(answer(0, { ...key, name: "other" }, update.mac)), { kind: "unsigned", rcode: 0 });
  assert.deepEqual(check(Buffer.from([0x12, 0x34, 0xa8, 9, 0, 0, 0, 0, 0, 0, 0, 0])), { kind: "unsigned", rcode: 9 });
});

test("no answer throws, and none that was changed is believed", () => {
  const update = encode({ name: "example.test", type: "A", value: "192.0.2.1" });
  assert.ok(update !== undefined);
  const right = answer(0, key, update.mac);
  fc.assert(
    fc.property(fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(right.length), (at, flip, cut) => {
      const wrong = Buffer.from(right);
      wrong[at] = (wrong[at] ?? 0) ^ flip;
      const decoded = decodeUpdateAnswer(wrong, ID, update.mac, key, NOW_MS);
      // Names are the same in capitals.
      const isSameName = flip === 0x20 && /[a-z]/i.test(String.fromCharCode(right[at] ?? 0));
      const isCovered = decoded.kind !== "answered" || isSameName;
      decodeUpdateAnswer(right.subarray(0, cut), ID, update.mac, key, NOW_MS);
      return isCovered;
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      return decodeUpdateAnswer(octets, ID, update.mac, key, NOW_MS).kind !== "answered";
    }),
    { numRuns: 300 },
  );
});
