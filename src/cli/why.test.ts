import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFor } from "./why.ts";

function check(asked: string, expected: readonly string[]): void {
  assert.deepEqual(keysFor(asked), expected, asked);
}

test("addresses of clients in any form", () => {
  check("192.0.2.1", ["192.0.2.1"]);
  check(" 2001:DB8:0::1 ", ["2001:db8::1"]);
  check("::ffff:192.0.2.1", ["192.0.2.1"]);
  check("[IPv6:2001:db8::1]", ["2001:db8::1"]);
  check("[192.0.2.1]", ["192.0.2.1"]);
});

test("addresses of people and Message-IDs look alike: both are tried", () => {
  check("Alice@Example.COM", ["alice@example.com", "<Alice@Example.COM>"]);
  check("<Alice@Example.COM>", ["alice@example.com", "<Alice@Example.COM>"]);
  check("<20300101.x$y@[host]>", ["20300101.x$y@[host]", "<20300101.x$y@[host]>"]);
});

test("an ID as it stands in a reply", () => {
  check("(01M88E9NFJ9MBQPA86XQ6HXC8H)", ["01M88E9NFJ9MBQPA86XQ6HXC8H"]);
  check("01m88e9nfj9mbqpa86xq6hxc8h", ["01m88e9nfj9mbqpa86xq6hxc8h", "01M88E9NFJ9MBQPA86XQ6HXC8H"]);
});
