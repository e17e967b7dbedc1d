import assert from "node:assert/strict";
import { test } from "node:test";
import { formatServerAddress, isLoopback, parseServerAddress } from "./server-address.ts";
import { parseResolvConf } from "./system-servers.ts";

function check(text: string, expected: string | undefined): void {
  const server = parseServerAddress(text);
  assert.equal(server && formatServerAddress(server), expected, text);
}

function checkLoopback(text: string, expected: boolean): void {
  const server = parseServerAddress(text);
  assert.equal(server && isLoopback(server), expected, text);
}

test("a server is an address, with a port or without", () => {
  check("192.0.2.53", "192.0.2.53:53");
  check("127.0.0.1:5300", "127.0.0.1:5300");
  check("2001:db8::53", "[2001:db8::53]:53");
  check("[::1]:5300", "[::1]:5300");
  check("[::1]", "[::1]:53");
  check("fe80::1%eth0", "[fe80::1%eth0]:53");
  for (const text of ["", "dns.example", "192.0.2", "192.0.2.53:0", "192.0.2.53:65536", "[192.0.2.53]:53", "::1:53x"]) {
    check(text, undefined);
  }
});

test("resolv.conf(5): servers in their order, comments and other keywords passed over", () => {
  const list = parseResolvConf(
    "; old\n# new\nsearch example.com\nnameserver  192.0.2.53 \r\nnameserver ::1\nnameserver x\n",
  );
  assert.deepEqual(list.servers.map(formatServerAddress), ["192.0.2.53:53", "[::1]:53"]);
  assert.equal(list.trustAd, false);
  assert.equal(parseResolvConf("options edns0 trust-ad").trustAd, true);
  assert.equal(parseResolvConf("nameserver 192.0.2.53\n".repeat(50)).servers.length, 6);
});

test("only servers on this machine are believed about the AD bit unasked", () => {
  checkLoopback("127.0.0.53", true);
  checkLoopback("[::1]:53", true);
  checkLoopback("192.0.2.53", false);
  checkLoopback("2001:db8::1", false);
});
