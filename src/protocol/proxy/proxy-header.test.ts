import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { formatIp, parseIpv4, parseIpv6 } from "./ip-address.ts";
import { V1_LINE_OCTETS_MAX, V2_PAYLOAD_OCTETS_MAX } from "./limits.ts";
import { ProxyHeaderReader, type ProxyStep } from "./proxy-header.ts";

suite("PROXY version 1", () => {
  test("tells client and server", () =>
    check("PROXY TCP4 192.0.2.1 198.51.100.2 1234 25\r\nEHLO", "192.0.2.1:1234 -> 198.51.100.2:25 | EHLO"));
  test("brings IPv6 into its one form", () =>
    check("PROXY TCP6 2001:DB8:0:0::1 ::1 1 2\r\n", "2001:db8::1:1 -> ::1:2 | "));
  test("an IPv4 address in IPv6 clothes is that IPv4 address", () =>
    check("PROXY TCP6 ::ffff:192.0.2.5 ::1 1 2\r\n", "192.0.2.5:1 -> ::1:2 | "));
  test("UNKNOWN is the proxy itself, whatever follows", () => {
    check("PROXY UNKNOWN\r\n", "local | ");
    check("PROXY UNKNOWN ffff:f...f:ffff 65535\r\nx", "local | x");
  });
  for (const line of [
    "PROXY TCP4 192.0.2.1 198.51.100.2 1234 25\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1234\r\n",
    "PROXY TCP4  192.0.2.1 198.51.100.2 1234 25\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1234 25 \r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.2 1234 25\r\n",
    "PROXY TCP4 192.0.2.01 198.51.100.2 1234 25\r\n",
    "PROXY TCP4 ::1 ::2 1234 25\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.2 1234 25\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n",
    "PROXY UDP4 192.0.2.1 198.51.100.2 1 25\r\n",
    "PROXYTCP4 192.0.2.1 198.51.100.2 1 25\r\n",
    "proxy TCP4 192.0.2.1 198.51.100.2 1 25\r\n",
    "EHLO client\r\n",
  ]) {
    test(`refuses ${JSON.stringify(line)}`, () => check(line, "malformed"));
  }
  test("refuses a line past its bound", () => {
    check(`PROXY UNKNOWN ${"x".repeat(V1_LINE_OCTETS_MAX)}`, "malformed");
    check(`PROXY UNKNOWN ${"x".repeat(10)}`, "incomplete");
  });
});

suite("PROXY version 2", () => {
  test("IPv4", () => check(v2(0x21, 0x11, "c0000201c63364020 4d20019"), "192.0.2.1:1234 -> 198.51.100.2:25 | EHLO"));
  test("IPv6 with TLVs", () =>
    check(
      v2(0x21, 0x21, `20010db8${"00".repeat(11)}01 ${"00".repeat(15)}01 0001 0002 04000100`),
      "2001:db8::1:1 -> ::1:2 | EHLO",
    ));
  test("a mapped IPv4 address", () =>
    check(
      v2(0x21, 0x21, `${"00".repeat(10)}ffffc0000205 ${"00".repeat(15)}01 0001 0002`),
      "192.0.2.5:1 -> ::1:2 | EHLO",
    ));
  test("LOCAL is the proxy itself", () => check(v2(0x20, 0x00, ""), "local | EHLO"));
  test("an unspecified family is the proxy itself", () => check(v2(0x21, 0x00, "0000"), "local | EHLO"));
  test("UNIX sockets", () =>
    check(v2(0x21, 0x31, `2f61${"00".repeat(106)}2f62${"00".repeat(106)}`), "unix:/a:0 -> unix:/b:0 | EHLO"));
  test("refuses another version", () => check(v2(0x11, 0x11, "c0000201c633640204d20019"), "malformed"));
  test("refuses another command", () => check(v2(0x22, 0x11, "c0000201c633640204d20019"), "malformed"));
  test("refuses addresses cut short", () => check(v2(0x21, 0x11, "c0000201c6336402"), "malformed"));
  test("refuses datagrams", () => check(v2(0x21, 0x12, "c0000201c633640204d20019"), "malformed"));
  test("refuses a length past its bound, before the octets come", () => {
    const header = v2(0x21, 0x11, "").subarray(0, 16);
    header.writeUInt16BE(V2_PAYLOAD_OCTETS_MAX + 1, 14);
    check(header, "malformed");
  });
});

test("says the same however the octets are cut", () => {
  const headers = [
    Buffer.from("PROXY TCP4 192.0.2.1 198.51.100.2 1234 25\r\nEHLO a\r\n", "latin1"),
    v2(0x21, 0x11, "c0000201c633640204d20019"),
    Buffer.from("PROXX", "latin1"),
    Buffer.from("\r\n\r\n\0\r\nQUIT\r", "latin1"),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...headers), fc.array(fc.nat(12), { maxLength: 12 }), (octets, cuts) => {
      assert.equal(read(octets, cuts), read(octets, []));
    }),
  );
});

test("no input throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (octets, signed) => {
      read(signed ? Buffer.concat([v2(0x21, 0x11, "").subarray(0, 12), octets]) : Buffer.from(octets), [3, 9]);
    }),
  );
});

test("format after parse is the identity on addresses in their one form", () => {
  fc.assert(fc.property(fc.ipV4(), (text) => assert.equal(formatIp(parseIpv4(text) ?? new Uint8Array()), text)));
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const once = formatIp(parseIpv6(text) ?? new Uint8Array());
      const octets = once.includes(":") ? parseIpv6(once) : parseIpv4(once);
      assert.equal(formatIp(octets ?? new Uint8Array()), once);
    }),
  );
});

function check(octets: string | Buffer, expected: string): void {
  assert.equal(read(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets, []), expected);
}

/** Feeds `octets` in pieces of these lengths; what follows the header comes out joined with its rest. */
function read(octets: Buffer, cuts: readonly number[]): string {
  const reader = new ProxyHeaderReader();
  let at = 0;
  for (const length of [...cuts, octets.length]) {
    const step = reader.push(octets.subarray(at, at + length));
    at = Math.min(at + length, octets.length);
    if (step.kind !== "incomplete") return render(step, octets.subarray(at));
  }
  return "incomplete";
}

function render(step: ProxyStep, later: Buffer): string {
  if (step.kind !== "header") return step.kind;
  const { endpoints } = step.header;
  const rest = Buffer.concat([step.rest, later]).toString("latin1");
  if (endpoints === undefined) return `local | ${rest}`;
  const { source, destination } = endpoints;
  return `${source.address}:${source.port} -> ${destination.address}:${destination.port} | ${rest}`;
}

function v2(versionAndCommand: number, family: number, payloadHex: string): Buffer {
  const payload = Buffer.from(payloadHex.replaceAll(" ", ""), "hex");
  const fixed = Buffer.alloc(16);
  fixed.write("\r\n\r\n\0\r\nQUIT\n", "latin1");
  fixed.writeUInt8(versionAndCommand, 12);
  fixed.writeUInt8(family, 13);
  fixed.writeUInt16BE(payload.length, 14);
  return Buffer.concat([fixed, payload, Buffer.from("EHLO")]);
}
