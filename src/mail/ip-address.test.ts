import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isPrivateAddress, parseIpAddress, reversedLabels, reverseName } from "./ip-address.ts";

const check = (text: string, expected: string | undefined) => assert.equal(parseIpAddress(text), expected, text);

test("an address has one form", () => {
  check("192.0.2.5", "192.0.2.5");
  check("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
  check("2001:db8::1", "2001:db8::1");
  check("::1", "::1");
});

test("an IPv4 address in IPv6 clothes is that IPv4 address, however it is spelt", () => {
  for (const text of ["::ffff:192.0.2.5", "::FFFF:c000:205", "0:0:0:0:0:ffff:192.0.2.5"]) check(text, "192.0.2.5");
});

test("what two readers could read as two addresses is none", () => {
  for (const text of [
    "192.0.2",
    "0300.0.2.5",
    "192.0.2.05",
    "3221226085",
    "0x7f.1",
    "fe80::1%eth0",
    "[::1]",
    "",
    "1.2.3.4 ",
  ])
    check(text, undefined);
});

test("reverse names are four decimal labels or 32 nibbles, last part first (RFC 1035 §3.5, RFC 3596 §2.5)", () => {
  assert.equal(reverseName("192.0.2.5"), "5.2.0.192.in-addr.arpa");
  assert.equal(
    reverseName("2001:db8::567:89ab"),
    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
});

test("any IPv6 address has 32 labels, which read backwards are the address again", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseIpAddress(text);
      if (address === undefined || !address.includes(":")) return;
      const labels = reversedLabels(address).split(".");
      assert.equal(labels.length, 32);
      const groups = labels.toReversed().join("").match(/.{4}/g) ?? [];
      assert.equal(parseIpAddress(groups.join(":")), address);
    }),
    { numRuns: 200 },
  );
});

test("private, loopback and link-local addresses are told from public ones", () => {
  for (const address of ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0"])
    assert.equal(isPrivateAddress(address), true, address);
  for (const address of ["::1", "::", "fe80::1", "fd00::1", "ff02::1"])
    assert.equal(isPrivateAddress(address), true, address);
  for (const address of [
    "0.1.2.3",
    "192.0.0.8",
    "198.18.0.1",
    "198.19.255.1",
    "240.0.0.1",
    "255.255.255.255",
    "239.1.1.1",
  ])
    assert.equal(isPrivateAddress(address), true, address);
  for (const address of ["fec0::1", "fc00::1", "febf::1", "100::1", "2001:2::1"])
    assert.equal(isPrivateAddress(address), true, address);
  for (const address of ["192.0.2.5", "8.8.8.8", "172.32.0.1", "2001:db8::1", "2606:4700::1111"])
    assert.equal(isPrivateAddress(address), false, address);
});

/** Each with an IPv4 address in place of `$`, as hexadecimal groups; Teredo's client is inverted. */
const EMBEDDINGS: Readonly<Record<string, (groups: string, inverted: string) => string>> = {
  "NAT64 (RFC 6052)": (groups) => `64:ff9b::${groups}`,
  "NAT64 of one network (RFC 8215)": (groups) => `64:ff9b:1::${groups}`,
  "6to4 (RFC 3056)": (groups) => `2002:${groups}::1`,
  "Teredo's server (RFC 4380)": (groups) => `2001:0:${groups}:0:0:f7f7:f7f7`,
  "Teredo's client": (_groups, inverted) => `2001:0:808:808:0:0:${inverted}`,
  "IPv4-compatible": (groups) => `::${groups}`,
  "IPv4-translated (RFC 2765)": (groups) => `::ffff:0:${groups}`,
  "IPv4-mapped": (groups) => `::ffff:${groups}`,
};

function groupsOf(address: string, turned: (octet: number) => number): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map((octet) => turned(Number(octet)));
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

test("an IPv6 address that leads to an IPv4 address is as private as that one", () => {
  for (const [name, embed] of Object.entries(EMBEDDINGS)) {
    const inside = (address: string): string =>
      embed(
        groupsOf(address, (octet) => octet),
        groupsOf(address, (octet) => octet ^ 0xff),
      );
    for (const address of ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "240.0.0.1"]) {
      assert.equal(isPrivateAddress(inside(address)), true, `${name}: ${inside(address)} is ${address}`);
    }
    for (const address of ["8.8.8.8", "192.0.2.5"]) {
      assert.equal(isPrivateAddress(inside(address)), false, `${name}: ${inside(address)} is ${address}`);
    }
  }
  assert.equal(isPrivateAddress("64:ff9b:1:808:8:800::"), true, "of another length: not ours to read");
});
